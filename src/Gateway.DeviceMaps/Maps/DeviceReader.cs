using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>Reads the devices of one bus, each laid over its profile.</summary>
internal sealed class DeviceReader(MapSchema schema, ProfileReader profiles, NamedFiles files, ICollection<Diagnostic> diagnostics)
{
    private readonly SectionReader _sections = new(diagnostics, files);

    /// <summary>The device, with those of its points that are valid; null if the device itself is not, or no point is.</summary>
    public DeviceDefinition? Read(YamlMapping own)
    {
        var isUsable = TryFindProfile(own, out var profileName, out var profile);
        var body = profile is null ? own : NodeMerge.Merge(WithoutProfileKeys(profile.Body), own, schema.Device);
        var (settings, isValid) = _sections.Read(body, schema.Device, schema.DeviceElsewhere);
        var name = ReadName(settings, ref isValid);
        CheckRetries(settings, ref isValid);
        var every = settings.TryGet<TimeSpan>("every", out var written) ? written : CommonKeys.DefaultEvery;
        var points = FindPoints(own, profile, out var hasPoints);
        if (!hasPoints && isUsable && schema.Driver.Schema.FindsPoints && !HasWrongName(own))
        {
            hasPoints = true; // or it is told why not
            points = isValid ? AskDriver(own, settings) : null;
        }

        var reader = new PointReader(schema, _sections, diagnostics);
        var definitions = points is null ? [] : reader.Read(points, name ?? "", every);
        var calculated = points is null ? [] : new CalculationReader(diagnostics).Read(points, reader, name ?? "", every);
        if (!hasPoints && isUsable && !HasWrongName(own))
        {
            diagnostics.Add(Diagnostic.Error(own.Location, $"the device{(name is null ? "" : $" '{name}'")} has no points; give it 'points' or a 'profile'"));
        }

        return !isValid || !isUsable || definitions.Count == 0 ? null : new DeviceDefinition
        {
            Name = name!,
            Profile = profileName,
            Settings = settings,
            Points = definitions,
            Calculated = calculated,
        };
    }

    private bool TryFindProfile(YamlMapping own, out string? name, out Profile? profile)
    {
        (name, profile) = (null, null);
        if (FindProfileName(own) is not { } scalar)
        {
            return true;
        }

        name = scalar.Text;
        profile = profiles.Read(scalar.Text, scalar.Location);
        if (profile is null)
        {
            return false;
        }

        var driver = schema.Driver.Schema.Name;
        if (profile.Driver == driver)
        {
            _sections.Read(profile.Body, schema.Profile, schema.DeviceElsewhere);
            return true;
        }

        diagnostics.Add(Diagnostic.Error(scalar.Location, $"the profile '{scalar.Text}' is for the driver '{profile.Driver}', and this bus has '{driver}'"));
        profile = null;
        return false;
    }

    /// <summary>What the device itself says, or what one of the driver's own keys stands for.</summary>
    private YamlScalar? FindProfileName(YamlMapping own)
    {
        if (own.Find("profile") is { } entry)
        {
            return entry.Value is YamlScalar { IsNull: false } written ? written : null;
        }

        return schema.Driver.Schema.NamedProfiles is { } named && own.Find(named.Key)?.Value is YamlScalar key && named.Profiles.TryGetValue(key.Text, out var name)
            ? key with { Text = name }
            : null;
    }

    /// <summary>Whether the driver's own key for profiles says something that it may not, which is reported: then the points are wanting for no other reason.</summary>
    private bool HasWrongName(YamlMapping own) =>
        schema.Driver.Schema.NamedProfiles is { } named
        && own.Find(named.Key)?.Value is { } value
        && (value is not YamlScalar scalar || !schema.Device.Keys.First(key => key.Name == named.Key).Choices.Contains(scalar.Text));

    private YamlMapping WithoutProfileKeys(YamlMapping body) =>
        body with { Entries = [.. body.Entries.Where(entry => schema.Device.Keys.Any(key => key.Name == entry.Key))] };

    private string? ReadName(Settings settings, ref bool isValid)
    {
        if (!settings.TryGet<string>("name", out var name) || TopicLevel.Refuse(name) is not { } reason)
        {
            return name;
        }

        isValid = false;
        diagnostics.Add(Diagnostic.Error(settings.Locate("name"), $"'{Wording.Shorten(name)}' cannot be the name of a device: {reason}"));
        return name;
    }

    private void CheckRetries(Settings settings, ref bool isValid)
    {
        if (settings.TryGet<TimeSpan>("retry-after", out var first) && settings.TryGet<TimeSpan>("max-retry-after", out var longest) && first > longest)
        {
            isValid = false;
            var key = settings.IsWritten("retry-after") ? "retry-after" : "max-retry-after";
            diagnostics.Add(Diagnostic.Error(
                settings.Locate(key), $"'retry-after' ({Quantity.Format(first)}) must not be longer than 'max-retry-after' ({Quantity.Format(longest)})"));
        }
    }

    /// <summary>The points of the device over those of its profile, whose rates are defaults only: the device's own 'every' goes before them.</summary>
    /// <param name="own">The device.</param>
    /// <param name="profile">Its profile; null if it has none.</param>
    /// <param name="hasPoints">Whether there are any, or at least something in their place that is reported.</param>
    private YamlMapping? FindPoints(YamlMapping own, Profile? profile, out bool hasPoints)
    {
        var isOwn = TryFindPoints(own, out var ownPoints);
        var isProfile = TryFindPoints(profile?.Body, out var profilePoints);
        if (own.Find("every") is not null && profilePoints is not null)
        {
            profilePoints = NodeMerge.Without("every", profilePoints);
        }

        var points = (ownPoints, profilePoints) switch
        {
            (null, _) => profilePoints,
            (_, null) => ownPoints,
            _ => NodeMerge.MergePoints(profilePoints, ownPoints, schema.Point),
        };
        hasPoints = !isOwn || !isProfile || points is { Entries.Count: > 0 };
        return points;
    }

    /// <summary>The points that the driver finds for a device; what is wrong with them is told at the device.</summary>
    private YamlMapping AskDriver(YamlMapping own, Settings settings)
    {
        var found = schema.Driver.FindPoints(settings, diagnostics).Select(point => Entry(point.Key, Mapping([.. point.Value.Select(key => Entry(key.Key, new YamlScalar(own.Location, key.Value, IsQuoted: true)))])));
        return Mapping([.. found]);

        YamlEntry Entry(string key, YamlNode value) => new(own.Location, key, value);

        YamlMapping Mapping(IReadOnlyList<YamlEntry> entries) =>
            new(own.Location, entries, IsFlow: false, 1 + entries.Sum(entry => entry.Value.Weight), 1 + entries.Select(entry => entry.Value.Height).DefaultIfEmpty().Max());
    }

    private bool TryFindPoints(YamlMapping? body, out YamlMapping? points)
    {
        points = null;
        var found = body?.Find("points")?.Value;
        switch (found)
        {
            case null or YamlScalar { IsNull: true }:
                return true;
            case YamlMapping mapping:
                points = mapping;
                return true;
            case YamlSequence:
                diagnostics.Add(Diagnostic.Error(found.Location, "'points' must be keys, each the name of a point, for example points: { flow: { … } }; found a list"));
                return false;
            default:
                diagnostics.Add(Diagnostic.Error(found.Location, $"'points' must be keys, each the name of a point, for example points: {{ flow: {{ … }} }}; {Wording.Found(found)}"));
                return false;
        }
    }
}
