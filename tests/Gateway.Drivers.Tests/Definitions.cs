using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Tests;

/// <summary>Definitions as the map loader would make them, from the keys that a person wrote; the schemas fill in the defaults.</summary>
internal static class Definitions
{
    public static readonly SourceLocation Nowhere = new("test.yaml", 0, 0);

    /// <summary>A section: what is written, and the schema's defaults for the rest. Each written key stands on a line of its own, from 1.</summary>
    public static Settings Section(SectionSchema schema, params (string Key, object Value)[] written)
    {
        var values = schema.Keys.Where(key => key.Default is not null).ToDictionary(key => key.Name, key => key.Default!);
        var locations = new Dictionary<string, SourceLocation>();
        foreach (var (key, value) in written)
        {
            values[key] = value is int number ? (long)number : value;
            locations[key] = new SourceLocation("test.yaml", locations.Count + 1, 1);
        }

        return new Settings(values, locations, Nowhere);
    }

    public static PointDefinition Point(DriverSchema schema, string name, params (string Key, object Value)[] written) =>
        new()
        {
            DeviceName = "device",
            Name = name,
            Every = TimeSpan.FromSeconds(1),
            Writable = written.Contains(("write", true)),
            Settings = Section(schema.Point, written),
        };

    public static DeviceDefinition Device(DriverSchema schema, (string Key, object Value)[] written, params PointDefinition[] points) =>
        new() { Name = "device", Settings = Section(schema.Device, written), Points = points };

    /// <summary>A newer definition of the same bus, in which devices and points of one name are the same objects, but for the points that are named.</summary>
    public static BusDefinition Merge(BusDefinition running, BusDefinition wanted, params string[] changed)
    {
        var known = running.Devices.SelectMany(device => device.Points).Where(point => !changed.Contains(point.ToString())).ToDictionary(point => point.ToString());
        return new()
        {
            DriverName = running.DriverName,
            Name = running.Name,
            Settings = running.Settings,
            Devices = [.. wanted.Devices.Select(device => Merge(running.Devices.FirstOrDefault(old => old.Name == device.Name), device))],
            Fingerprint = wanted.Fingerprint,
        };

        DeviceDefinition Merge(DeviceDefinition? old, DeviceDefinition device)
        {
            PointDefinition[] points = [.. device.Points.Select(point => known.GetValueOrDefault(point.ToString(), point))];
            return old is null ? device : points.SequenceEqual(old.Points) ? old : new() { Name = device.Name, Settings = old.Settings, Points = points };
        }
    }

    public static BusDefinition Bus(DriverSchema schema, (string Key, object Value)[] written, params DeviceDefinition[] devices)
    {
        var selected = schema.Bus.TryGetValue("", out var only)
            ? only
            : schema.Bus[(string)written.First(pair => pair.Key == schema.Name).Value];
        return new()
        {
            DriverName = schema.Name,
            Name = schema.Name,
            Settings = Section(selected, written),
            Devices = devices,
            Fingerprint = "",
        };
    }
}
