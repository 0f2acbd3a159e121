using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Schema;

namespace Gateway.DeviceMaps.Maps;

/// <summary>What must be unique over all maps.</summary>
internal sealed class CrossMapRules(ICollection<Diagnostic> diagnostics)
{
    private readonly Dictionary<string, SourceLocation> _buses = [];
    private readonly Dictionary<string, SourceLocation> _devices = [];

    /// <summary>Notes a bus, and reports it if there is one of its name.</summary>
    public void AddBus(string name, SourceLocation location)
    {
        if (!_buses.TryAdd(name, location))
        {
            diagnostics.Add(Diagnostic.Error(location, $"the bus '{name}' is already in {_buses[name]}; put all its devices there"));
        }
    }

    /// <summary>Notes a device, and reports it if there is one of its name.</summary>
    public void AddDevice(string name, SourceLocation location)
    {
        if (!_devices.TryAdd(name, location))
        {
            diagnostics.Add(Diagnostic.Error(location, $"a device '{Wording.Shorten(name)}' is already in {_devices[name]}; names are unique over all maps"));
        }
    }
}
