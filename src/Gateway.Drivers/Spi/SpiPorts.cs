using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi;

/// <summary>One chip select, opened when it is needed. Runs on the thread of the bus.</summary>
/// <param name="definition">The chip, which says how it is spoken to.</param>
/// <param name="open">Opens the device.</param>
internal sealed class SpiPorts(BusDefinition definition, Func<BusDefinition, ISpiDevice> open) : IChipPorts<ISpiDevice>
{
    private BusDefinition _definition = definition;
    private ISpiDevice? _port;

    public ISpiDevice Open(DeviceDefinition device) => _port ??= open(_definition);

    public void Reload(BusDefinition definition)
    {
        _definition = definition;
        Close();
    }

    public void Close()
    {
        _port?.Dispose();
        _port = null;
    }
}
