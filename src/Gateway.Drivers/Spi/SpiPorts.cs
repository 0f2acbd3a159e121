using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi;

/// <summary>One chip select, opened when it is needed. Runs on the thread of the bus.</summary>
/// <param name="open">Opens the device.</param>
internal sealed class SpiPorts(Func<ISpiDevice> open) : IChipPorts<ISpiDevice>
{
    private ISpiDevice? _port;

    public ISpiDevice Open(DeviceDefinition device) => _port ??= open();

    public void Close()
    {
        _port?.Dispose();
        _port = null;
    }
}
