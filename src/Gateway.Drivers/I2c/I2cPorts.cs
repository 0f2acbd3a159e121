using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c;

/// <summary>One adapter, opened when it is needed. Runs on the thread of the bus.</summary>
/// <param name="definition">What is on the bus.</param>
/// <param name="open">Opens the adapter.</param>
internal sealed class I2cPorts(BusDefinition definition, Func<II2cBus> open) : IChipPorts<I2cPort>
{
    private readonly Dictionary<DeviceDefinition, I2cPort> _ports = [];
    private BusDefinition _definition = definition;
    private II2cBus? _bus;
    private Multiplexers? _multiplexers;

    public I2cPort Open(DeviceDefinition device)
    {
        _bus ??= open();
        _multiplexers ??= new Multiplexers(_bus, MultiplexersOf(_definition));
        if (!_ports.TryGetValue(device, out var port))
        {
            var settings = device.Settings;
            var pec = settings.TryGet<bool>("pec", out var withPec) && withPec;
            _ports[device] = port = new I2cPort(_bus, I2cSensors.AddressOf(device), MuxOf(settings), _multiplexers, pec);
        }

        return port;
    }

    public void Reload(BusDefinition definition)
    {
        var (before, now) = (MultiplexersOf(_definition).ToList(), MultiplexersOf(definition).ToList());
        _definition = definition;
        foreach (var gone in _ports.Keys.Except(definition.Devices).ToList())
        {
            _ports.Remove(gone);
        }

        // What the channels of a multiplexer that was not known before are, is not known.
        _multiplexers?.Add(now.Except(before));
        _multiplexers?.Leave(before.Except(now));
    }

    public void Close()
    {
        _ports.Clear();
        try
        {
            _multiplexers?.SwitchOff();
        }
        catch (BusException)
        {
            // The bus failed; they are switched off when it is opened again.
        }

        _multiplexers = null;
        _bus?.Dispose();
        _bus = null;
    }

    private static IEnumerable<int> MultiplexersOf(BusDefinition bus) => bus.Devices.Select(device => MuxOf(device.Settings)?.Address).OfType<int>().Distinct();

    /// <summary>The multiplexer that a device hangs on; null if there is none.</summary>
    public static MuxChannel? MuxOf(Settings device) => device.TryGet<Settings>("mux", out var mux)
        ? new MuxChannel((int)mux.Get<long>("address"), (int)mux.Get<long>("channel"))
        : null;
}
