using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.OneWire;

/// <summary>The sensors of one master. Nothing is kept open between reads.</summary>
/// <param name="ports">The sensors of the map.</param>
/// <param name="conversion">What they have in common.</param>
internal sealed class OneWirePorts(IReadOnlyDictionary<DeviceDefinition, OneWirePort> ports, SharedConversion conversion) : IChipPorts<OneWirePort>
{
    public OneWirePort Open(DeviceDefinition device) => ports[device];

    public void Close() => conversion.Forget();
}
