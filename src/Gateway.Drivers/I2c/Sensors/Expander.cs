using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// Pins on a chip. Outputs begin inactive; after a fault they get back what was written last. Pins that no point names stay
/// inputs.
/// </summary>
internal abstract class Expander : Chip<I2cPort>
{
    private readonly ushort _activeLow;
    private ushort _levels;

    /// <param name="device">The device, whose points say what each pin is.</param>
    /// <param name="fields">The pins, by their names.</param>
    protected Expander(DeviceDefinition device, string[] fields)
    {
        foreach (var point in device.Points)
        {
            var settings = point.Settings;
            var pin = (ushort)(1 << Array.IndexOf(fields, settings.Get<string>(ChipKeys.Field)));
            Outputs |= settings.Get<string>("direction") == "output" ? pin : (ushort)0;
            PullUps |= settings.Get<string>("bias") == "pull-up" ? pin : (ushort)0;
            _activeLow |= settings.Get<string>("active") == "low" ? pin : (ushort)0;
        }

        _levels = (ushort)(Outputs & _activeLow);
    }

    /// <summary>The pins that the gateway drives, a bit each.</summary>
    protected ushort Outputs { get; }

    /// <summary>The pins that a resistor holds up.</summary>
    protected ushort PullUps { get; }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        var levels = ReadPins(port);
        foreach (var field in asked)
        {
            values.Set(field, PointValue.From(((levels ^ _activeLow) >> field & 1) != 0));
        }

        yield break;
    }

    public override string? Write(I2cPort port, int field, PointValue value)
    {
        if (value.Kind != PointValueKind.Boolean && !value.IsNumber)
        {
            return $"'{value}' is neither true nor false";
        }

        var isOn = value.Kind == PointValueKind.Boolean ? value.AsBoolean : !value.TryGetNumber(out var number) || number != 0;
        var pin = (ushort)(1 << field);
        var isHigh = isOn != ((_activeLow & pin) != 0);
        var levels = (ushort)(isHigh ? _levels | pin : _levels & ~pin);
        DrivePins(port, levels);
        _levels = levels;
        return null;
    }

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        SetUpPins(port, _levels);
        yield break;
    }

    /// <summary>Sets levels first and directions then, so that no output is ever at the wrong level.</summary>
    protected abstract void SetUpPins(I2cPort port, ushort levels);

    /// <summary>Drives the outputs.</summary>
    protected abstract void DrivePins(I2cPort port, ushort levels);

    /// <summary>The levels at the pins.</summary>
    protected abstract ushort ReadPins(I2cPort port);
}

/// <summary>PCF8574 and PCF8574A: eight pins that are either pulled down or weakly up, an input being one that is up. PCF8574 datasheet (NXP) §8.1.</summary>
/// <param name="device">The device.</param>
internal sealed class Pcf8574(DeviceDefinition device) : Expander(device, Fields)
{
    /// <summary>The pins.</summary>
    public static string[] Fields { get; } = [.. Enumerable.Range(0, 8).Select(pin => $"p{pin}")];

    protected override void SetUpPins(I2cPort port, ushort levels) => DrivePins(port, levels);

    protected override void DrivePins(I2cPort port, ushort levels) => port.Write((byte)(levels | ~Outputs));

    protected override ushort ReadPins(I2cPort port) => port.Read(1)[0];
}

/// <summary>MCP23017: two ports of eight pins. DS20001952 §3.5, with registers of both ports side by side (BANK = 0).</summary>
/// <param name="device">The device.</param>
internal sealed class Mcp23017(DeviceDefinition device) : Expander(device, Fields)
{
    private const byte Directions = 0x00;
    private const byte PullUpResistors = 0x0C;
    private const byte Pins = 0x12;
    private const byte OutputLatches = 0x14;

    /// <summary>The pins: those of port A, then those of port B.</summary>
    public static string[] Fields { get; } = [.. "ab".SelectMany(port => Enumerable.Range(0, 8).Select(pin => $"gp{port}{pin}"))];

    protected override void SetUpPins(I2cPort port, ushort levels)
    {
        DrivePins(port, levels);
        WriteBoth(port, PullUpResistors, PullUps);
        WriteBoth(port, Directions, (ushort)~Outputs);
    }

    protected override void DrivePins(I2cPort port, ushort levels) => WriteBoth(port, OutputLatches, levels);

    protected override ushort ReadPins(I2cPort port)
    {
        var pins = port.Read(Pins, 2);
        return (ushort)(pins[0] | (pins[1] << 8));
    }

    private static void WriteBoth(I2cPort port, byte register, ushort pins) => port.Write(register, (byte)pins, (byte)(pins >> 8));
}
