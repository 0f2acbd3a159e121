using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.OneWire;

/// <summary>The sensors of one master. Nothing is kept open between reads.</summary>
internal sealed class OneWirePorts : IChipPorts<OneWirePort>
{
    private readonly Dictionary<DeviceDefinition, OneWirePort> _ports = [];
    private readonly Func<DeviceDefinition, OneWirePort> _create;
    private readonly SharedConversion _conversion;

    /// <param name="definition">The sensors of the map.</param>
    /// <param name="create">Makes the way to one of them.</param>
    /// <param name="conversion">What they have in common.</param>
    public OneWirePorts(BusDefinition definition, Func<DeviceDefinition, OneWirePort> create, SharedConversion conversion)
    {
        _create = create;
        _conversion = conversion;
        Reload(definition);
    }

    public OneWirePort Open(DeviceDefinition device) => _ports[device];

    public void Reload(BusDefinition definition)
    {
        foreach (var gone in _ports.Keys.Except(definition.Devices).ToList())
        {
            _ports.Remove(gone, out var port);
            _conversion.Remove(port!);
        }

        foreach (var device in definition.Devices.Where(device => !_ports.ContainsKey(device)))
        {
            _ports[device] = _create(device);
        }
    }

    public void Close() => _conversion.Forget();
}
