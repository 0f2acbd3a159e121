using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>What the maps of one driver may say, the common keys and the driver's own together. Immutable.</summary>
internal sealed class MapSchema
{
    private readonly Dictionary<string, SectionSchema> _buses;

    public MapSchema(IDriver driver)
    {
        Driver = driver;
        var schema = driver.Schema;
        Device = With(CommonKeys.Device, schema.Device);
        Profile = new SectionSchema
        {
            Name = $"a {schema.Name} profile",
            Keys = [.. CommonKeys.Profile, .. schema.Device.Keys.Select(key => key with { Required = false })],
            Instead = Device.Instead,
        };
        Point = With(schema.Point.Keys, schema.Point with { Keys = CommonKeys.Point });
        _buses = schema.Bus.ToDictionary(bus => bus.Key, bus => With([schema.Selector], bus.Value));

        BusElsewhere = Elsewhere([(Device, "a device"), (Point, "a point"), .. _buses.Values.Select(bus => (bus, bus.Name))]);
        DeviceElsewhere = Elsewhere([(Point, "a point"), .. _buses.Values.Select(bus => (bus, "the bus"))]);
        PointElsewhere = Elsewhere([(Device, "the device"), .. _buses.Values.Select(bus => (bus, "the bus"))]);
    }

    public IDriver Driver { get; }

    public SectionSchema Device { get; }

    public SectionSchema Profile { get; }

    public SectionSchema Point { get; }

    /// <summary>The keys of a bus by what its selecting key says; one entry under the empty string if they do not depend on it.</summary>
    public IReadOnlyDictionary<string, SectionSchema> Buses => _buses;

    /// <summary>Keys that people put into a bus, and where they belong.</summary>
    public IReadOnlyDictionary<string, string> BusElsewhere { get; }

    /// <summary>Keys that people put into a device, and where they belong.</summary>
    public IReadOnlyDictionary<string, string> DeviceElsewhere { get; }

    /// <summary>Keys that people put into a point, and where they belong.</summary>
    public IReadOnlyDictionary<string, string> PointElsewhere { get; }

    /// <summary>The keys of a bus by what its selecting key says; null if it selects nothing.</summary>
    public SectionSchema? Bus(YamlNode selector) =>
        _buses.TryGetValue("", out var only) ? only
        : selector is YamlScalar scalar && _buses.TryGetValue(scalar.Text, out var selected) ? selected
        : null;

    private static SectionSchema With(IReadOnlyList<KeySchema> first, SectionSchema section) => section with
    {
        Keys = [.. first, .. section.Keys],
        Instead = CommonKeys.Instead.Concat(section.Instead).DistinctBy(pair => pair.Key).ToDictionary(),
    };

    private static Dictionary<string, string> Elsewhere(IEnumerable<(SectionSchema Section, string Name)> sections)
    {
        var elsewhere = new Dictionary<string, string>();
        foreach (var (section, name) in sections)
        {
            foreach (var key in section.Keys)
            {
                elsewhere.TryAdd(key.Name, name);
            }
        }

        return elsewhere;
    }
}
