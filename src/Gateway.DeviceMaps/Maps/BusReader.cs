using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>Reads one document of a map: a bus and its devices.</summary>
internal sealed class BusReader(
    IReadOnlyDictionary<string, MapSchema> schemas,
    ProfileReader profiles,
    NamedFiles files,
    CrossMapRules rules,
    ICollection<Diagnostic> diagnostics,
    ICollection<Exception> faults)
{
    private readonly SectionReader _sections = new(diagnostics, files);

    /// <summary>The bus; null if it cannot be used, which is reported.</summary>
    public BusDefinition? Read(YamlNode document)
    {
        if (document is not YamlMapping map)
        {
            var hint = document is YamlScalar { IsQuoted: false } scalar ? MissingSpace.Explain(scalar.Text) : null;
            Refuse(document.Location, hint ?? $"a map must have the keys 'bus' and 'devices', {Wording.Found(document)}");
            return null;
        }

        _sections.Read(map, CommonKeys.Document);
        var schema = FindDriver(map, out var selector);
        var devices = FindDevices(map);
        if (schema is null || selector is null)
        {
            return null;
        }

        var bus = (YamlMapping)map.Find("bus")!.Value;
        try
        {
            return Read(bus, devices, schema, selector);
        }
#pragma warning disable CA1031 // Whatever somebody else's driver throws, it concerns its bus only.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            faults.Add(fault);
            Refuse(bus.Location, DriverFault.Describe(schema.Driver, fault));
            return null;
        }
    }

    private BusDefinition? Read(YamlMapping bus, YamlSequence? devices, MapSchema schema, YamlEntry selector)
    {
        var settings = ReadBus(bus, schema, selector);
        var name = settings is null ? null : schema.Driver.NameBus(settings);
        if (name is not null)
        {
            rules.AddBus(name, schema.Driver.PortOf(settings!), settings!.Location);
        }

        var definitions = ReadDevices(devices, schema);
        return name is null || definitions.Count == 0 ? null : Build(schema, name, settings!, definitions);
    }

    private BusDefinition Build(MapSchema schema, string name, Settings settings, IReadOnlyList<DeviceDefinition> devices)
    {
        var driverName = schema.Driver.Schema.Name;
        var bus = new BusDefinition
        {
            DriverName = driverName,
            Name = name,
            Settings = settings,
            Devices = devices,
            Fingerprint = Fingerprint.Of(driverName, settings, devices),
        };
        schema.Driver.Validate(bus, diagnostics);
        rules.AddClaims(schema.Driver.ClaimsOf(bus));
        return bus;
    }

    private MapSchema? FindDriver(YamlMapping map, out YamlEntry? selector)
    {
        selector = null;
        switch (map.Find("bus")?.Value)
        {
            case null:
                return null;
            case YamlMapping bus:
                selector = FindSelector(bus);
                return selector is null ? null : schemas.GetValueOrDefault(selector.Key);
            case var other:
                Refuse(other.Location, SectionReader.DescribeNoKeys(CommonKeys.Document.Keys[0], other));
                return null;
        }
    }

    private YamlEntry? FindSelector(YamlMapping bus)
    {
        var known = schemas.Keys.ToArray();
        var found = bus.Entries.Where(entry => known.Contains(entry.Key)).ToArray();
        if (found.Length > 1)
        {
            Refuse(found[1].KeyLocation, $"a bus has one driver, found {Wording.Join(found.Select(entry => entry.Key), "and")}");
            return null;
        }

        if (found.Length == 1)
        {
            return found[0];
        }

        var near = bus.Entries.FirstOrDefault(entry => NearMiss.Find(entry.Key, known) is not null);
        var missingSpace = bus.Entries.Select(entry => MissingSpace.Explain(entry.Key)).FirstOrDefault(message => message is not null);
        if (near is not null)
        {
            Refuse(near.KeyLocation, $"unknown driver '{near.Key}' in a bus{NearMiss.Suggest(near.Key, known)}");
        }
        else
        {
            Refuse(bus.Location, missingSpace ?? $"the bus has no driver; one of {Wording.Join(known, "or")} must be there");
        }

        return null;
    }

    private Settings? ReadBus(YamlMapping bus, MapSchema schema, YamlEntry selector)
    {
        if (schema.Bus(selector.Value) is { } section)
        {
            var (settings, isValid) = _sections.Read(bus, section, schema.BusElsewhere);
            return isValid ? settings : null;
        }

        // Which keys are allowed depends on what the selecting key says; while that is wrong, only it can be told.
        new ValueReader(diagnostics).Read(schema.Driver.Schema.Selector, selector.Value);
        return null;
    }

    private YamlSequence? FindDevices(YamlMapping map)
    {
        switch (map.Find("devices")?.Value)
        {
            case null:
                return null;
            case YamlSequence { Items.Count: > 0 } devices:
                return devices;
            case YamlSequence or YamlScalar { IsNull: true }:
                Refuse(map.Find("devices")!.KeyLocation, "the bus has no devices; remove the document, or give it devices");
                return null;
            case YamlMapping mapping:
                Refuse(mapping.Location, "'devices' must be a list, each device beginning with '- name: …'; found keys");
                return null;
            case var other:
                Refuse(other.Location, $"'devices' must be a list, each device beginning with '- name: …'; {Wording.Found(other)}");
                return null;
        }
    }

    private List<DeviceDefinition> ReadDevices(YamlSequence? devices, MapSchema schema)
    {
        var reader = new DeviceReader(schema, profiles, files, diagnostics);
        var definitions = new List<DeviceDefinition>();
        foreach (var node in devices?.Items ?? [])
        {
            if (node is not YamlMapping body)
            {
                var hint = node is YamlScalar { IsQuoted: false } scalar ? MissingSpace.Explain(scalar.Text) : null;
                Refuse(node.Location, hint ?? $"a device must have keys, for example {{ name: meter, … }}, {Wording.Found(node)}");
                continue;
            }

            if (body.Find("name") is { Value: YamlScalar { IsNull: false } name })
            {
                rules.AddDevice(name.Text, name.Location);
            }

            if (reader.Read(body) is { } device)
            {
                definitions.Add(device);
            }
        }

        return definitions;
    }

    private void Refuse(SourceLocation location, string message) => diagnostics.Add(Diagnostic.Error(location, message));
}
