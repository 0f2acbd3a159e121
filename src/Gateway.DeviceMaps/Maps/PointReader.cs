using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>Reads the points of one device.</summary>
internal sealed class PointReader(MapSchema schema, SectionReader sections, ICollection<Diagnostic> diagnostics)
{
    /// <summary>The points that are valid.</summary>
    /// <param name="points">The points by name.</param>
    /// <param name="deviceName">The device that they belong to.</param>
    /// <param name="every">The rate of points that have none of their own.</param>
    public List<PointDefinition> Read(YamlMapping points, string deviceName, TimeSpan every)
    {
        var definitions = new List<PointDefinition>(points.Entries.Count);
        foreach (var entry in points.Entries)
        {
            var isNamed = CheckName(entry);
            if (entry.Value is not YamlMapping body)
            {
                DescribeNoKeys(entry);
            }
            else if (ReadPoint(entry.Key, body, deviceName, every) is { } point && isNamed)
            {
                definitions.Add(point);
            }
        }

        return definitions;
    }

    private bool CheckName(YamlEntry entry)
    {
        if (TopicLevel.Refuse(entry.Key) is not { } reason)
        {
            return true;
        }

        Refuse(entry.KeyLocation, $"'{Wording.Shorten(entry.Key)}' cannot be the name of a point: {reason}");
        return false;
    }

    private void DescribeNoKeys(YamlEntry entry)
    {
        var isNull = entry.Value is YamlScalar { IsNull: true };
        var text = entry.Value is YamlScalar { IsQuoted: false } scalar ? scalar.Text : "";
        Refuse(isNull ? entry.KeyLocation : entry.Value.Location, MissingSpace.Explain(isNull ? entry.Key : text)
            ?? (isNull ? $"the point '{Wording.Shorten(entry.Key)}' has no keys" : $"the point '{Wording.Shorten(entry.Key)}' must have keys, {Wording.Found(entry.Value)}"));
    }

    private PointDefinition? ReadPoint(string name, YamlMapping body, string deviceName, TimeSpan every)
    {
        var (settings, isValid) = sections.Read(body, schema.Point, schema.PointElsewhere);
        var enumeration = ReadEnumeration(body, settings, ref isValid);
        isValid &= CheckLimits(settings) && CheckScale(settings);
        var report = ReadReport(settings);
        return !isValid ? null : new PointDefinition
        {
            DeviceName = deviceName,
            Name = name,
            Every = settings.TryGet<TimeSpan>("every", out var own) ? own : every,
            Unit = settings.TryGet<string>("unit", out var unit) ? unit : null,
            Scale = settings.Get<decimal>("scale"),
            Offset = settings.Get<decimal>("offset"),
            Report = report,
            Deadband = settings.Get<decimal>("deadband"),
            Heartbeat = settings.Get<TimeSpan>("heartbeat"),
            Enumeration = enumeration,
            Writable = settings.Get<bool>("write"),
            Monotonic = settings.Get<bool>("monotonic"),
            Minimum = settings.TryGet<decimal>("min", out var minimum) ? minimum : null,
            Maximum = settings.TryGet<decimal>("max", out var maximum) ? maximum : null,
            Settings = settings,
        };
    }

    private Dictionary<long, string>? ReadEnumeration(YamlMapping body, Settings settings, ref bool isValid)
    {
        if (!settings.TryGet<IReadOnlyDictionary<string, string>>("enum", out _) || body.Find("enum") is not { Value: YamlMapping texts })
        {
            return null;
        }

        var isWritable = settings.TryGet<bool>("write", out var write) && write;
        var enumeration = new Dictionary<long, string>();
        foreach (var entry in texts.Entries)
        {
            var text = ((YamlScalar)entry.Value).Text;
            if (!ValueReader.TryParseInteger(entry.Key, out var number))
            {
                isValid = Refuse(entry.KeyLocation, $"the keys of 'enum' must be whole numbers, found '{Wording.Shorten(entry.Key)}'{(ValueReader.TryParseInteger(text, out _) ? $"; the number comes first: '{text}: {entry.Key}'" : "")}");
            }
            else if (isWritable && enumeration.ContainsValue(text))
            {
                isValid = Refuse(entry.Value.Location, $"'enum' has the text '{Wording.Shorten(text)}' twice, so a command could not tell which number to write");
            }
            else if (!enumeration.TryAdd(number, text))
            {
                isValid = Refuse(entry.KeyLocation, $"'enum' has the number {number} twice");
            }
        }

        if (enumeration.Count == 0 && isValid)
        {
            isValid = Refuse(texts.Location, "'enum' has no texts, for example enum: { 0: \"off\", 1: eco }");
        }

        return enumeration;
    }

    private bool CheckLimits(Settings settings) =>
        !settings.TryGet<decimal>("min", out var minimum) || !settings.TryGet<decimal>("max", out var maximum) || minimum <= maximum
        || Refuse(settings.Locate("min"), $"'min' must not be more than 'max', found {Quantity.Number(minimum)} and {Quantity.Number(maximum)}");

    private bool CheckScale(Settings settings) =>
        !settings.TryGet<decimal>("scale", out var scale) || scale != 0 || Refuse(settings.Locate("scale"), "'scale' must not be 0: every value would be the same");

    /// <summary>A deadband or a heartbeat asks for changes, whether or not the person said so.</summary>
    private ReportMode ReadReport(Settings settings)
    {
        var isImplied = settings.IsWritten("deadband") || settings.IsWritten("heartbeat");
        if (!settings.IsWritten("report") || !settings.TryGet<string>("report", out var report))
        {
            return isImplied ? ReportMode.Change : ReportMode.Always;
        }

        if (report == "always" && isImplied)
        {
            var idle = settings.IsWritten("deadband") ? "deadband" : "heartbeat";
            diagnostics.Add(Diagnostic.Warning(settings.Locate(idle), $"'{idle}' has no effect with report: always; remove one of them"));
        }

        return report == "always" ? ReportMode.Always : ReportMode.Change;
    }

    private bool Refuse(SourceLocation location, string message)
    {
        diagnostics.Add(Diagnostic.Error(location, message));
        return false;
    }
}
