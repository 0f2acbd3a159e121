namespace System.Device.Spi;

public enum SpiMode
{
    Mode0,
    Mode1,
    Mode2,
    Mode3,
}

public sealed class SpiConnectionSettings(int busId, int chipSelectLine)
{
    public int BusId => busId;

    public int ChipSelectLine => chipSelectLine;

    public SpiMode Mode { get; set; }

    public int DataBitLength { get; set; } = 8;

    public int ClockFrequency { get; set; } = 500_000;
}

public abstract class SpiDevice : IDisposable
{
    public abstract SpiConnectionSettings ConnectionSettings { get; }

    public abstract byte ReadByte();

    public abstract void Read(Span<byte> buffer);

    public abstract void WriteByte(byte value);

    public abstract void Write(ReadOnlySpan<byte> buffer);

    public abstract void TransferFullDuplex(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
