namespace System.Device.I2c;

public sealed class I2cConnectionSettings(int busId, int deviceAddress)
{
    public int BusId => busId;

    public int DeviceAddress => deviceAddress;
}

public abstract class I2cDevice : IDisposable
{
    public abstract I2cConnectionSettings ConnectionSettings { get; }

    public abstract byte ReadByte();

    public abstract void Read(Span<byte> buffer);

    public abstract void WriteByte(byte value);

    public abstract void Write(ReadOnlySpan<byte> buffer);

    public abstract void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
