using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Maps;

/// <summary>Reads the points of one device.</summary>
internal sealed class PointReader(MapSchema schema, SectionReader sections, ICollection<Diagnostic> diagnostics)
{
    private static readonly string[] WriteKeys = ["write-min", "write-max"];

    /// <summary>The points that are read from the device and valid.</summary>
    /// <param name="points">The points by name.</param>
    /// <param name="deviceName">The device that they belong to.</param>
    /// <param name="every">The rate of points that have none of their own.</param>
    public List<PointDefinition> Read(YamlMapping points, string deviceName, TimeSpan every)
    {
        var definitions = new List<PointDefinition>(points.Entries.Count);
        foreach (var entry in points.Entries.Where(entry => !CalculationReader.IsCalculated(entry)))
        {
            if (ReadBody(entry, schema.Point, deviceName, every) is { } point)
            {
                definitions.Add(point);
            }
        }

        return definitions;
    }

    /// <summary>One point; null if it is not valid, which is reported.</summary>
    /// <param name="entry">Its name and its keys.</param>
    /// <param name="section">The keys that it may have.</param>
    /// <param name="deviceName">The device that it belongs to.</param>
    /// <param name="every">The rate of points that have none of their own.</param>
    /// <param name="calculate">Reads how it is calculated, null if that is wrong; no reader for a point that is read from the device.</param>
    public PointDefinition? ReadBody(
        YamlEntry entry, SectionSchema section, string deviceName, TimeSpan every, Func<Settings, ICalculation?>? calculate = null)
    {
        var isNamed = CheckName(entry);
        if (entry.Value is YamlMapping body)
        {
            return ReadPoint(entry.Key, body, section, deviceName, every, calculate) is { } point && isNamed ? point : null;
        }

        DescribeNoKeys(entry);
        return null;
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

    private PointDefinition? ReadPoint(
        string name, YamlMapping body, SectionSchema section, string deviceName, TimeSpan every, Func<Settings, ICalculation?>? calculate)
    {
        var (settings, isValid) = sections.Read(body, section, schema.PointElsewhere);
        var enumeration = ReadEnumeration(body, settings, ref isValid);
        var flags = ReadFlags(body, settings, ref isValid);
        isValid &= CheckLimits(settings, "min", "max") & CheckLimits(settings, "write-min", "write-max") & CheckScale(settings) & CheckWrites(settings);
        var report = ReadReport(settings);
        var calculation = calculate?.Invoke(settings);
        isValid &= calculate is null || calculation is not null;
        return !isValid ? null : new PointDefinition
        {
            DeviceName = deviceName,
            Name = name,
            Every = settings.TryGet<TimeSpan>("every", out var own) ? own : every,
            Unit = settings.TryGet<string>("unit", out var unit) ? unit : null,
            Scale = Number(settings, "scale") ?? 1,
            Offset = Number(settings, "offset") ?? 0,
            Report = report,
            Deadband = settings.Get<decimal>("deadband"),
            Heartbeat = settings.Get<TimeSpan>("heartbeat"),
            Enumeration = enumeration,
            Flags = flags,
            Decimals = settings.TryGet<long>("round", out var decimals) ? (int)decimals : null,
            IsUrgent = settings.TryGet<string>("priority", out var priority) && priority == "high",
            Writable = settings.TryGet<bool>("write", out var write) && write,
            WriteMinimum = Number(settings, "write-min"),
            WriteMaximum = Number(settings, "write-max"),
            Monotonic = settings.Get<bool>("monotonic"),
            Minimum = Number(settings, "min"),
            Maximum = Number(settings, "max"),
            MaximumStep = Number(settings, "max-step"),
            AcceptAfter = (int)settings.Get<long>("accept-after"),
            RollOver = Number(settings, "roll-over"),
            Calculation = calculation,
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

    private Dictionary<int, string>? ReadFlags(YamlMapping body, Settings settings, ref bool isValid)
    {
        if (!settings.TryGet<IReadOnlyDictionary<string, string>>("flags", out _) || body.Find("flags") is not { Value: YamlMapping texts })
        {
            return null;
        }

        var flags = new Dictionary<int, string>();
        foreach (var entry in texts.Entries)
        {
            if (!ValueReader.TryParseInteger(entry.Key, out var bit) || bit is < 0 or > 63)
            {
                isValid = Refuse(entry.KeyLocation, $"the keys of 'flags' must be bits from 0 to 63, found '{Wording.Shorten(entry.Key)}'");
            }
            else if (!flags.TryAdd((int)bit, ((YamlScalar)entry.Value).Text))
            {
                isValid = Refuse(entry.KeyLocation, $"'flags' has the bit {bit} twice");
            }
        }

        if (flags.Count == 0 && isValid)
        {
            isValid = Refuse(texts.Location, "'flags' has no texts, for example flags: { 0: overvoltage, 3: fan }");
        }

        return settings.IsWritten("enum") ? RefuseBoth(settings, ref isValid) : flags;
    }

    private Dictionary<int, string>? RefuseBoth(Settings settings, ref bool isValid)
    {
        isValid = Refuse(settings.Locate("flags"), "a point has 'enum' or 'flags', not both");
        return null;
    }

    private bool CheckWrites(Settings settings)
    {
        if (!settings.TryGet<bool>("write", out var write) || write)
        {
            return true;
        }

        var idle = WriteKeys.FirstOrDefault(settings.IsWritten);
        return idle is null || Refuse(settings.Locate(idle), $"'{idle}' is for points with 'write: true'");
    }

    private bool CheckLimits(Settings settings, string least, string most) =>
        !settings.TryGet<decimal>(least, out var minimum) || !settings.TryGet<decimal>(most, out var maximum) || minimum <= maximum
        || Refuse(settings.Locate(least), $"'{least}' must not be more than '{most}', found {Quantity.Number(minimum)} and {Quantity.Number(maximum)}");

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

    private static decimal? Number(Settings settings, string key) => settings.TryGet<decimal>(key, out var number) ? number : null;

    private bool Refuse(SourceLocation location, string message)
    {
        diagnostics.Add(Diagnostic.Error(location, message));
        return false;
    }
}
