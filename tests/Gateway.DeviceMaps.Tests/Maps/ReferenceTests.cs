using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;
using Gateway.Drivers;
using Gateway.TestSupport;

namespace Gateway.DeviceMaps.Tests.Maps;

/// <summary>
/// The tables of keys, of errors and of profiles in <c>devicemaps/README.md</c> are what the schemas and the library say. With <c>GATEWAY_WRITE_REFERENCE=1</c> the test writes them.
/// </summary>
public partial class ReferenceTests
{
    private static readonly string Path = System.IO.Path.Combine(Repository.Root, "devicemaps", "README.md");

    [Fact]
    public void The_reference_says_what_the_schemas_say()
    {
        var reference = File.ReadAllText(Path);
        var tables = Tables();
        var used = new HashSet<string>();
        var expected = Marker().Replace(reference, match =>
        {
            used.Add(match.Groups["name"].Value);
            return $"<!-- keys: {match.Groups["name"].Value} -->\n{Render(tables[match.Groups["name"].Value])}<!-- end -->";
        });
        expected = Fill(Fill(expected, "errors", RenderErrors(tables)), "profiles", RenderProfiles());
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_REFERENCE") == "1")
        {
            File.WriteAllText(Path, expected);
            return;
        }

        Assert.Equal(tables.Keys.Order(), used.Order());
        Assert.Equal(expected, reference);
    }

    private static Dictionary<string, IEnumerable<KeySchema>> Tables()
    {
        var modbus = Driver("modbus");
        var serial = Driver("serial");
        var i2c = Driver("i2c");
        var spi = Driver("spi");
        var simulated = Driver("simulated");
        return new()
        {
            ["document"] = CommonKeys.Document.Keys,
            ["device"] = CommonKeys.Device,
            ["point"] = CommonKeys.Point,
            ["calculated point"] = CommonKeys.Calculated.Keys,
            ["profile"] = CommonKeys.Profile,
            ["modbus rtu"] = modbus.Bus["rtu"].Keys,
            ["modbus ascii"] = modbus.Bus["ascii"].Keys,
            ["modbus tcp"] = modbus.Bus["tcp"].Keys,
            ["modbus tls"] = modbus.Bus["tls"].Keys,
            ["modbus rtu-over-tcp"] = modbus.Bus["rtu-over-tcp"].Keys,
            ["modbus rtu-over-udp"] = modbus.Bus["rtu-over-udp"].Keys,
            ["modbus device"] = modbus.Device.Keys,
            ["modbus point"] = modbus.Point.Keys,
            ["serial"] = serial.Bus[""].Keys,
            ["serial device"] = serial.Device.Keys,
            ["serial point"] = serial.Point.Keys,
            ["frame"] = Section(serial.Device, "frame").Keys,
            ["counted"] = Section(Section(serial.Device, "frame"), "counted").Keys,
            ["checksum"] = Section(Section(serial.Device, "frame"), "checksum").Keys,
            ["onewire device"] = Driver("onewire").Device.Keys,
            ["onewire point"] = Driver("onewire").Point.Keys,
            ["sysfs device"] = Driver("sysfs").Device.Keys,
            ["sysfs point"] = Driver("sysfs").Point.Keys,
            ["gpio point"] = Driver("gpio").Point.Keys,
            ["i2c device"] = i2c.Device.Keys,
            ["mux"] = Section(i2c.Device, "mux").Keys,
            ["set-up"] = Section(i2c.Device, "set-up").Keys,
            ["check"] = Section(i2c.Device, "check").Keys,
            ["i2c point"] = i2c.Point.Keys,
            ["spi"] = spi.Bus[""].Keys,
            ["spi device"] = spi.Device.Keys,
            ["spi point"] = spi.Point.Keys,
            ["simulated"] = simulated.Bus[""].Keys,
            ["simulated point"] = simulated.Point.Keys,
        };

        static SectionSchema Section(SectionSchema schema, string name) => schema.Keys.Single(key => key.Name == name).Section!;

        static DriverSchema Driver(string name) => DriverCatalog.Create().Select((IDriver driver) => driver.Schema).Single(schema => schema.Name == name);
    }

    private static string Render(IEnumerable<KeySchema> keys)
    {
        var table = new StringBuilder("| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
        foreach (var key in keys)
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{key.Name}` | {Value(key)} | {Default(key)} | {key.Description} |\n");
        }

        return table.ToString();
    }

    // What is said of a value that is out of range, or of a list where the key takes none; the same of several sections once.
    private static string RenderErrors(IReadOnlyDictionary<string, IEnumerable<KeySchema>> tables)
    {
        var refusals =
            from section in tables
            from key in section.Value
            where key.Type is KeyType.Integer or KeyType.Number or KeyType.Boolean or KeyType.Duration or KeyType.Size or KeyType.Choice or KeyType.TextMap
            group section.Key by Refusal(key);
        var rows = refusals.OrderBy(refusal => refusal.Key, StringComparer.Ordinal).Select(refusal => $"| `{refusal.Key}` | {string.Join(", ", refusal)} |\n");
        return $"| It says | Key of |\n|---|---|\n{string.Concat(rows)}";
    }

    private static string Refusal(KeySchema key)
    {
        var place = new SourceLocation("", 0, 0);
        var outside = (key.Type, (key.Minimum ?? key.Maximum) is null) switch
        {
            (KeyType.Integer or KeyType.Number, false) => (key.Maximum + 1 ?? key.Minimum - 1)?.ToString(CultureInfo.InvariantCulture),
            (KeyType.Duration, false) => "99999 d",
            _ => null,
        };
        YamlNode wrong = outside is null ? new YamlSequence(place, [], 1, 1) : new YamlScalar(place, outside, IsQuoted: false);
        var diagnostics = new List<Diagnostic>();
        new ValueReader(diagnostics).Read(key, wrong);
        var message = Assert.Single(diagnostics).Message;
        return message[..message.LastIndexOf(", found", StringComparison.Ordinal)];
    }

    private static string RenderProfiles()
    {
        var library = new ProfileLibrary(new DiskFiles(), [System.IO.Path.Combine(Repository.Root, "devicemaps", "library")]);
        var table = new StringBuilder("| Profile | Device | Points | Registers from |\n|---|---|---|---|\n");
        foreach (var profile in library.List().Select(name => library.Describe(name)!))
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{profile.Name}` | {profile.Description} | {profile.Points.Count} | {string.Join("; ", profile.Sources)} |\n");
        }

        return table.ToString();
    }

    private static string Fill(string text, string name, string table)
    {
        var marker = $"<!-- {name} -->\n";
        var start = text.IndexOf(marker, StringComparison.Ordinal) + marker.Length;
        var end = text.IndexOf("<!-- end -->", start, StringComparison.Ordinal);
        return string.Concat(text.AsSpan(0, start), table, text.AsSpan(end));
    }

    private static string Value(KeySchema key)
    {
        var type = key.Type switch
        {
            KeyType.Text => "text",
            KeyType.Integer => "whole number",
            KeyType.Number => "number",
            KeyType.Boolean => "`true` or `false`",
            KeyType.Duration => "time",
            KeyType.Size => "size",
            KeyType.Choice => string.Join(", ", key.Choices.Select(choice => $"`{choice}`")),
            KeyType.TextList => "text or list of texts",
            KeyType.TextMap => "keys with a text each",
            KeyType.SectionList => "keys, or a list of those",
            KeyType.File => "path of a file",
            _ => "keys",
        };
        var range = (key.Minimum, key.Maximum) switch
        {
            ({ } minimum, { } maximum) => $", {Limit(key, minimum)} to {Limit(key, maximum)}",
            ({ } minimum, null) => $", at least {Limit(key, minimum)}",
            (null, { } maximum) => $", at most {Limit(key, maximum)}",
            _ => "",
        };
        var unit = key.Unit is null ? "" : $" {key.Unit}";
        return $"{type}{range}{unit}{(key.Example is null || key.Type is KeyType.Choice or KeyType.Boolean ? "" : $", such as `{key.Example}`")}";
    }

    private static string Limit(KeySchema key, decimal limit) => key.Type == KeyType.Duration
        ? Quantity.Format(TimeSpan.FromTicks((long)(limit * TimeSpan.TicksPerSecond)))
        : limit.ToString(CultureInfo.InvariantCulture);

    private static string Default(KeySchema key) => key.Default switch
    {
        _ when key.Required => "must be there",
        null => "",
        bool truth => truth ? "`true`" : "`false`",
        TimeSpan duration => $"`{Quantity.Format(duration)}`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        var value => $"`{value}`",
    };

    [GeneratedRegex("<!-- keys: (?<name>[a-z0-9 -]+?) -->\n(?<table>.*?)<!-- end -->", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Marker();
}
