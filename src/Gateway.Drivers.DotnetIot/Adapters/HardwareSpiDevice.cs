using System.Device.Spi;
using System.Globalization;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.DotnetIot.Adapters;

/// <summary>A chip behind one of the gateway's SPI chip selects, for bindings. Disposing it closes the device.</summary>
/// <param name="device">The device.</param>
/// <param name="name">What the map calls it; bindings are told controller and chip select, or 0 and 0 if it is a path.</param>
/// <param name="settings">How it is spoken to.</param>
internal sealed class HardwareSpiDevice(ISpiDevice device, string name, SpiSettings settings) : SpiDevice
{
    private bool _isDisposed; // bindings dispose what they were given, and so does who gave it

    public override SpiConnectionSettings ConnectionSettings
    {
        get
        {
            var (controller, chipSelect) = Split(name);
            return new SpiConnectionSettings(controller, chipSelect)
            {
                Mode = (SpiMode)settings.Mode,
                ClockFrequency = settings.ClockHertz,
                DataBitLength = settings.BitsPerWord,
            };
        }
    }

    public override byte ReadByte()
    {
        Span<byte> buffer = stackalloc byte[1];
        Read(buffer);
        return buffer[0];
    }

    public override void Read(Span<byte> buffer) => device.Transfer(new byte[buffer.Length], buffer);

    public override void WriteByte(byte value) => device.Transfer([value], []);

    public override void Write(ReadOnlySpan<byte> buffer) => device.Transfer(buffer, []);

    public override void TransferFullDuplex(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer) => device.Transfer(writeBuffer, readBuffer);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            device.Dispose();
        }

        base.Dispose(disposing);
    }

    private static (int Controller, int ChipSelect) Split(string name)
    {
        var parts = name.Split('.');
        return parts.Length == 2 && TryParse(parts[0], out var controller) && TryParse(parts[1], out var chipSelect) ? (controller, chipSelect) : (0, 0);
    }

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
