using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Plugins;
using Gateway.Drivers.Gpio;
using Gateway.Drivers.I2c;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.OneWire;
using Gateway.Drivers.Plugins;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Simulated;
using Gateway.Drivers.Spi;
using Gateway.Drivers.Sysfs;
using Gateway.Linux.Gpio;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers;

/// <summary>The drivers that ship with the gateway.</summary>
public static class DriverCatalog
{
    /// <summary>One of each driver.</summary>
    /// <param name="openGpioChip">Opens the chip of a GPIO bus in place of the kernel's, for example <see cref="GpioSimulation.Open"/>.</param>
    /// <param name="openI2cBus">Opens the adapter of an I2C bus in place of the kernel's.</param>
    /// <param name="openSpiDevice">Opens the device of an SPI bus in place of the kernel's.</param>
    /// <param name="transports">What plug-ins brought to carry the bytes of Modbus and serial buses; no two of a name.</param>
    public static IReadOnlyList<IDriver> Create(
        Func<BusDefinition, DriverContext, IGpioChip>? openGpioChip = null,
        Func<BusDefinition, DriverContext, II2cBus>? openI2cBus = null,
        Func<BusDefinition, SpiSettings, ISpiDevice>? openSpiDevice = null,
        IReadOnlyList<ITransport>? transports = null) =>
    [
        new ModbusDriver(new Transports(transports ?? [])),
        new SerialDriver(new Transports(transports ?? [])),
        new SimulatedDriver(),
        new GpioDriver(openGpioChip ?? ((bus, _) => GpioChips.Open(GpioSettings.ChipsOf(bus.Settings)))),
        new I2cDriver(openI2cBus),
        new SpiDriver(openSpiDevice),
        new OneWireDriver(new SysfsTree("/sys")),
        new SysfsDriver(),
    ];
}
