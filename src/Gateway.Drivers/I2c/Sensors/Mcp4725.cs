using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// MCP4725: a voltage that is put out, in 4096 steps of its supply. What it begins with after power-up is in its own memory, which
/// is left alone. DS22039 §6.
/// </summary>
/// <param name="device">The device.</param>
internal sealed class Mcp4725(DeviceDefinition device) : Chip<I2cPort>
{
    private const int Steps = 4096;

    private readonly decimal _supplyVolts = device.Settings.Get<decimal>("reference");

    /// <summary>What it puts out.</summary>
    public static string[] Fields => ["voltage"];

    /// <summary>Volts of the register's 12 bits: the second and third byte of a read. Figure 6-3.</summary>
    public decimal Decode(ReadOnlySpan<byte> answer) => ((answer[1] << 4) | (answer[2] >> 4)) * _supplyVolts / Steps;

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        values.Set(0, Decode(port.Read(3)));
        yield break;
    }

    public override string? Write(I2cPort port, int field, PointValue value)
    {
        if (!value.TryGetNumber(out var volts) || volts < 0 || volts > _supplyVolts)
        {
            return $"'{value}' is not a voltage from 0 to {_supplyVolts} V";
        }

        var step = Math.Min(Steps - 1, (int)decimal.Round(volts * Steps / _supplyVolts, MidpointRounding.AwayFromZero));
        port.Write((byte)(step >> 8), (byte)step); // the fast command, figure 6-1
        return null;
    }
}
