namespace Gateway.Abstractions.Buses;

/// <summary>
/// The buses of the machine, for drivers: each is opened anew, by what a map calls it, and belongs to whoever opened it. Thread-safe.
/// An I2C adapter may be open more than once, in other buses too: transactions of all take turns, see <see cref="II2cBus.Reserve"/>.
/// </summary>
public interface IHardware
{
    /// <summary>Opens an I2C adapter.</summary>
    /// <param name="adapter">Its number, the path of its device file, or its name as the kernel has it.</param>
    /// <exception cref="BusException">It cannot be opened.</exception>
    II2cBus OpenI2c(string adapter);

    /// <summary>Opens the device behind one chip select of an SPI controller.</summary>
    /// <param name="device">Controller and chip select, <c>0.1</c>, or the path of the device file.</param>
    /// <param name="settings">How it is spoken to.</param>
    /// <exception cref="BusException">It cannot be opened.</exception>
    ISpiDevice OpenSpi(string device, SpiSettings settings);

    /// <summary>Opens a GPIO chip.</summary>
    /// <param name="chip">Its name below /dev, its path, its label, or <c>header</c>: the chip of the 40-pin header of a Raspberry Pi.</param>
    /// <exception cref="IOException">It cannot be opened. The message says what to do.</exception>
    IGpioChip OpenGpio(string chip);
}
