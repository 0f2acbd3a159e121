using Gateway.Abstractions.Buses;
using Gateway.Linux.Gpio;
using Gateway.Linux.I2c;
using Gateway.Linux.Spi;

namespace Gateway.Drivers.Plugins;

/// <summary>The buses that the kernel of this machine has. Thread-safe.</summary>
public sealed class MachineHardware : IHardware
{
    /// <inheritdoc/>
    public II2cBus OpenI2c(string adapter) => I2cAdapter.Open(adapter);

    /// <inheritdoc/>
    public ISpiDevice OpenSpi(string device, SpiSettings settings) => SpiDevice.Open(device, settings);

    /// <inheritdoc/>
    public IGpioChip OpenGpio(string chip) => GpioChips.Open([chip]);
}
