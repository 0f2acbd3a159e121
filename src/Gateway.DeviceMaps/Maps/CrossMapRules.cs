using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;

namespace Gateway.DeviceMaps.Maps;

/// <summary>What must be unique over all maps.</summary>
internal sealed class CrossMapRules(ISourceFiles files, ICollection<Diagnostic> diagnostics)
{
    private readonly Dictionary<string, SourceLocation> _buses = [];
    private readonly Dictionary<string, SourceLocation> _devices = [];
    private readonly Dictionary<string, (string Bus, SourceLocation Location)> _ports = [];
    private readonly Dictionary<string, BusClaim> _claims = [];

    /// <summary>Notes a bus, and reports it if there is one of its name, or one on its port.</summary>
    /// <param name="name">The bus.</param>
    /// <param name="port">Its device file, or its network address; null if it has none. Two names of one file are one port.</param>
    /// <param name="location">Where it stands.</param>
    public void AddBus(string name, string? port, SourceLocation location)
    {
        if (!_buses.TryAdd(name, location))
        {
            diagnostics.Add(Diagnostic.Error(location, $"the bus '{name}' is already in {_buses[name]}; put all its devices there"));
        }
        else if (port is not null && !_ports.TryAdd(files.ResolveLink(port), (name, location)))
        {
            var other = _ports[files.ResolveLink(port)];
            diagnostics.Add(Diagnostic.Error(location, $"the port {port} is that of the bus '{other.Bus}' in {other.Location}; a port has one bus"));
        }
    }

    /// <summary>Notes what the points of a bus need for themselves, and reports what another has.</summary>
    public void AddClaims(IEnumerable<BusClaim> claims)
    {
        foreach (var claim in claims)
        {
            if (!_claims.TryAdd(claim.Name, claim))
            {
                var other = _claims[claim.Name];
                diagnostics.Add(Diagnostic.Error(claim.Location, $"{claim.Name} is that of {other.Point} in {other.Location} already; only one of the two can have it"));
            }
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
