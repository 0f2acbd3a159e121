using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Maps;
using Gateway.DeviceMaps.Schema;
using Gateway.Drivers;
using Gateway.TestSupport;

namespace Gateway.DeviceMaps.Tests.Maps;

/// <summary>
/// The tables of keys in <c>devicemaps/README.md</c> are what the schemas say. With <c>GATEWAY_WRITE_REFERENCE=1</c> the test writes them.
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
        var simulated = Driver("simulated");
        return new()
        {
            ["document"] = CommonKeys.Document.Keys,
            ["device"] = CommonKeys.Device,
            ["point"] = CommonKeys.Point,
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

    [GeneratedRegex("<!-- keys: (?<name>[a-z -]+?) -->\n(?<table>.*?)<!-- end -->", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Marker();
}
