using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>MCP23017: two ports of eight pins. DS20001952 §3.5, with registers of both ports side by side (BANK = 0).</summary>
/// <param name="device">The device.</param>
/// <param name="context">What the gateway lends.</param>
internal sealed class Mcp23017(DeviceDefinition device, DriverContext context) : Expander(device, Fields, context)
{
    private const byte Directions = 0x00;
    private const byte Polarities = 0x02;
    private const byte ControlOfBank1 = 0x05; // where the registers of a port stand together; else the interrupts of port B
    private const byte PullUpResistors = 0x0C;
    private const byte Pins = 0x12;
    private const byte OutputLatches = 0x14;

    /// <summary>The pins: those of port A, then those of port B.</summary>
    public static string[] Fields { get; } = [.. "ab".SelectMany(port => Enumerable.Range(0, 8).Select(pin => $"gp{port}{pin}"))];

    protected override void SetUpPins(I2cPort port, ushort levels)
    {
        // Whoever had the chip before may have ordered its registers otherwise, and turned inputs round.
        port.Write(ControlOfBank1, 0);
        WriteBoth(port, Polarities, 0);
        DrivePins(port, levels);
        WriteBoth(port, PullUpResistors, PullUps);
        WriteBoth(port, Directions, (ushort)~Outputs);
    }

    protected override void SetUpInputs(I2cPort port)
    {
        if (PullUps != 0)
        {
            WriteBoth(port, PullUpResistors, (ushort)(ReadBoth(port, PullUpResistors) | PullUps));
        }
    }

    protected override void DrivePins(I2cPort port, ushort levels) => WriteBoth(port, OutputLatches, levels);

    protected override string? DriveAlone(I2cPort port, ushort pin, bool isHigh)
    {
        var latches = ReadBoth(port, OutputLatches);
        WriteBoth(port, OutputLatches, (ushort)(isHigh ? latches | pin : latches & ~pin));
        WriteBoth(port, Directions, (ushort)(ReadBoth(port, Directions) & ~pin));
        return null;
    }

    protected override ushort ReadPins(I2cPort port) => ReadBoth(port, Pins);

    // After power-up all pins are inputs without a resistor. Table 3-1.
    protected override bool HasLost(I2cPort port, ushort pins, ushort levels) =>
        Outputs != 0 ? ReadBoth(port, Directions) != (ushort)~Outputs
        : PullUps != 0 && ReadBoth(port, PullUpResistors) != PullUps;

    private static ushort ReadBoth(I2cPort port, byte register)
    {
        var pins = port.Read(register, 2);
        return (ushort)(pins[0] | (pins[1] << 8));
    }

    private static void WriteBoth(I2cPort port, byte register, ushort pins) => port.Write(register, (byte)pins, (byte)(pins >> 8));
}
