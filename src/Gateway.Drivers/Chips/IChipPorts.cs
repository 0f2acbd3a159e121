using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Chips;

/// <summary>The hardware of one bus. Its members run on the thread of the bus.</summary>
/// <typeparam name="TPort">The way to a chip.</typeparam>
internal interface IChipPorts<out TPort>
{
    /// <summary>The way to the chip of a device; opens the bus if it is not open.</summary>
    TPort Open(DeviceDefinition device);

    /// <summary>Forgets devices that are no longer on the bus, and gets to know others.</summary>
    void Reload(BusDefinition definition);

    /// <summary>Closes the bus, if it is open.</summary>
    void Close();
}
