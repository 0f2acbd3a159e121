using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Gpio;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers;

/// <summary>The drivers that ship with the gateway.</summary>
public static class DriverCatalog
{
    /// <summary>The drivers that the gateway is meant to have and this build has not.</summary>
    public static IReadOnlyList<string> NotYetAvailable { get; } = ["i2c", "spi", "onewire", "sysfs"];

    /// <summary>One of each driver.</summary>
    /// <param name="openGpioChip">Opens the chip of a GPIO bus, for example <see cref="GpioSimulation.Open"/>; null: maps with GPIO are not valid.</param>
    public static IReadOnlyList<IDriver> Create(Func<BusDefinition, DriverContext, IGpioChip>? openGpioChip = null) =>
        [new ModbusDriver(), new SerialDriver(), new SimulatedDriver(), new GpioDriver(openGpioChip)];
}
