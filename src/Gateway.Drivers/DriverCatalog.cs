using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers;

/// <summary>The drivers that ship with the gateway.</summary>
public static class DriverCatalog
{
    /// <summary>The drivers that the gateway is meant to have and this build has not.</summary>
    public static IReadOnlyList<string> NotYetAvailable { get; } = ["serial", "i2c", "spi", "onewire", "sysfs"];

    /// <summary>One of each driver.</summary>
    public static IReadOnlyList<IDriver> Create() => [new ModbusDriver(), new SimulatedDriver()];
}
