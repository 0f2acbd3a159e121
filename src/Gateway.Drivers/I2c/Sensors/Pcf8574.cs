using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>PCF8574 and PCF8574A: eight pins that are either pulled down or weakly up, an input being one that is up. PCF8574 datasheet (NXP) §8.1.</summary>
/// <param name="device">The device.</param>
/// <param name="context">What the gateway lends.</param>
internal sealed class Pcf8574(DeviceDefinition device, DriverContext context) : Expander(device, Fields, context)
{
    /// <summary>The pins.</summary>
    public static string[] Fields { get; } = [.. Enumerable.Range(0, 8).Select(pin => $"p{pin}")];

    protected override void SetUpPins(I2cPort port, ushort levels) => DrivePins(port, levels);

    protected override void SetUpInputs(I2cPort port)
    {
        // Its one register would set all pins.
    }

    protected override void DrivePins(I2cPort port, ushort levels) => port.Write((byte)(levels | ~Outputs));

    protected override string? DriveAlone(I2cPort port, ushort pin, bool isHigh) =>
        "a pcf8574 is written as a whole, and does not tell what its other outputs are; start the service and write again";

    protected override ushort ReadPins(I2cPort port) => port.Read(1)[0];

    // After power-up all pins are up.
    protected override bool HasLost(I2cPort port, ushort pins, ushort levels) => (pins & Outputs & ~levels) != 0;
}
