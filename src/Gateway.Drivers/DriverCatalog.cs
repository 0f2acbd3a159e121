using Gateway.Abstractions.Schema;
using Gateway.Drivers.Gpio;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers;

/// <summary>The drivers that ship with the gateway.</summary>
public static class DriverCatalog
{
    /// <summary>What the maps of each driver may say.</summary>
    public static IReadOnlyList<DriverSchema> Schemas { get; } = [ModbusSchema.Schema, SimulatedSchema.Schema, GpioSchema.Schema];

    /// <summary>The drivers that the gateway is meant to have and this build has not.</summary>
    public static IReadOnlyList<string> NotYetAvailable { get; } = ["serial", "i2c", "spi", "onewire", "sysfs"];
}
