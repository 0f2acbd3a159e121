using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>MCP9808: temperature, which it measures all the time. DS20005095 §5.1.</summary>
internal sealed class Mcp9808 : Chip<I2cPort>
{
    private const byte TemperatureRegister = 0x05;
    private const byte ManufacturerRegister = 0x06;
    private const byte DeviceRegister = 0x07;

    /// <summary>What it measures.</summary>
    public static string[] Fields => ["temperature"];

    /// <summary>Whether it is one: manufacturer 0x0054, device 0x04 of any revision. §5.1.5, §5.1.6.</summary>
    public static bool Recognise(I2cPort port) => port.ReadWord(ManufacturerRegister) == 0x0054 && port.ReadWord(DeviceRegister) >> 8 == 0x04;

    /// <summary>Degrees Celsius in sixteenths, 13 bits in two's complement below three flags. §5.1.3.</summary>
    public static decimal Decode(ushort register) => ((short)(register << 3) >> 3) / 16m;

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        if (!Recognise(port))
        {
            throw WrongChip.At("an MCP9808", "its manufacturer and device id are others");
        }

        yield break;
    }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        values.Set(0, Decode(port.ReadWord(TemperatureRegister)));
        yield break;
    }
}
