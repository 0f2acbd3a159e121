using System.Runtime.InteropServices;
using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Spi;

/// <summary>The device file of a chip select.</summary>
internal sealed class SpiDescriptor : ISpiKernel
{
    private readonly SafeFileDescriptor _descriptor;

    private SpiDescriptor(SafeFileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>Opens it; null, and the error number, if it does not open.</summary>
    public static SpiDescriptor? Open(string path, out int errno)
    {
        var descriptor = new SafeFileDescriptor(Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC));
        errno = descriptor.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        return descriptor.IsInvalid ? null : new(descriptor);
    }

    public int Set(SpiSettings settings)
    {
        var mode = settings.Mode | (settings.IsSelectedHigh ? SpiDev.SPI_CS_HIGH : 0);
        var errno = Call(SpiDev.SPI_IOC_WR_MODE32, mode);
        errno = errno != 0 ? errno : Call(SpiDev.SPI_IOC_WR_BITS_PER_WORD, settings.BitsPerWord);
        return errno != 0 ? errno : Call(SpiDev.SPI_IOC_WR_MAX_SPEED_HZ, settings.ClockHertz);
    }

    public unsafe int Transfer(ReadOnlySpan<byte> written, Span<byte> read)
    {
        fixed (byte* writeBuffer = written)
        fixed (byte* readBuffer = read)
        {
            var transfer = new spi_ioc_transfer { tx_buf = (ulong)writeBuffer, rx_buf = (ulong)readBuffer, len = (uint)written.Length };
            return Libc.ioctl(_descriptor, SpiDev.SPI_IOC_MESSAGE_1, (nint)(&transfer)) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }

    public void Dispose() => _descriptor.Dispose();

    // The bits of a word are one byte, the first of the number on every machine that Linux runs .NET on.
    private int Call(nuint request, int argument) => Libc.ioctl(_descriptor, request, ref argument) < 0 ? Marshal.GetLastPInvokeError() : 0;
}
