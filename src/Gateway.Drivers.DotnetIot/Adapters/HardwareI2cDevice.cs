using System.Device.I2c;
using System.Globalization;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.DotnetIot.Adapters;

/// <summary>A chip on one of the gateway's I2C buses, for bindings. Disposing it leaves the bus open: other chips hang on it.</summary>
/// <param name="bus">The bus.</param>
/// <param name="adapter">What the map calls it; bindings are told its number, or 0 if it has none.</param>
/// <param name="address">The chip, 7 bits.</param>
internal sealed class HardwareI2cDevice(II2cBus bus, string adapter, int address) : I2cDevice
{
    public override I2cConnectionSettings ConnectionSettings { get; } =
        new(int.TryParse(adapter, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0, address);

    public override byte ReadByte()
    {
        Span<byte> buffer = stackalloc byte[1];
        Read(buffer);
        return buffer[0];
    }

    public override void Read(Span<byte> buffer) => Transfer([], buffer);

    public override void WriteByte(byte value) => Transfer([value], []);

    public override void Write(ReadOnlySpan<byte> buffer) => Transfer(buffer, []);

    public override void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer) => Transfer(writeBuffer, readBuffer);

    private void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
    {
        if (written.Length + read.Length > 0)
        {
            bus.Transfer(address, written, read);
        }
    }
}
