using System.Runtime.InteropServices;

namespace Gateway.Linux.Interop;

/// <summary>SPI devices: <c>linux/spi/spi.h</c>, <c>linux/spi/spidev.h</c>.</summary>
internal static class SpiDev
{
    public const nuint SPI_IOC_MESSAGE_1 = 0x40206B00;
    public const nuint SPI_IOC_WR_MODE32 = 0x40046B05;
    public const nuint SPI_IOC_WR_BITS_PER_WORD = 0x40016B03;
    public const nuint SPI_IOC_WR_MAX_SPEED_HZ = 0x40046B04;

    public const int SPI_CS_HIGH = 0x4;
}

/// <summary>32 bytes on every architecture.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct spi_ioc_transfer
{
    public ulong tx_buf;
    public ulong rx_buf;
    public uint len;
    public uint speed_hz;
    public ushort delay_usecs;
    public byte bits_per_word;
    public byte cs_change;
    public byte tx_nbits;
    public byte rx_nbits;
    public byte word_delay_usecs;
    public byte pad;
}
