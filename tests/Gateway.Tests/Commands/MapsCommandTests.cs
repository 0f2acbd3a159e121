using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Commands;
using Gateway.Hosting;
using Gateway.TestSupport;
using YamlDotNet.Serialization;

namespace Gateway.Tests.Commands;

public sealed partial class MapsCommandTests : IDisposable
{
    private const string OwnProfile = "driver: modbus\ndescription: A meter of our own\nsource: https://example.org/\nunit: 9\npoints:\n  flow: { holding: 3, type: int16, unit: L/min, every: 1 s, write: true, write-min: 0, write-max: 9 }\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-maps-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Lists_what_ships_and_what_is_beside_the_maps()
    {
        WriteProfile("acme/m1", OwnProfile);

        var (exitCode, output, _) = await RunAsync("list", "--maps", _folder.FullName);

        Assert.Equal(0, exitCode);
        Assert.StartsWith("profile", output, StringComparison.Ordinal);
        Assert.Matches("(?m)^acme/m1 +modbus +A meter of our own +https://example.org/$", output);
        Assert.Matches("(?m)^eastron/sdm630 +modbus +Eastron SDM630 three-phase energy meter +https://", output);
    }

    [Fact]
    public async Task Lists_those_with_a_text_and_says_if_there_is_none()
    {
        var (exitCode, output, _) = await RunAsync("list", "SDM", "--json");

        Assert.Equal(0, exitCode);
        Assert.Contains("\"name\": \"eastron/sdm72\"", output, StringComparison.Ordinal);
        Assert.DoesNotContain("abb/", output, StringComparison.Ordinal);
        Assert.Equal((1, "gateway: no profile has 'abacus' in its name or description: 'gateway maps list' shows all\n"), await FailAsync("list", "abacus"));
    }

    [Fact]
    public async Task Shows_a_profile()
    {
        WriteProfile("acme/m1", OwnProfile);

        var (exitCode, output, _) = await RunAsync("show", "acme/m1", "--maps", _folder.FullName);

        Assert.Equal(0, exitCode);
        Assert.Contains($"file         {_folder.FullName}/library/acme/m1.yaml\n", output, StringComparison.Ordinal);
        Assert.Contains("unit         9\n", output, StringComparison.Ordinal);
        Assert.Contains("flow   L/min  1 s    yes    holding: 3, type: int16, write-min: 0, write-max: 9\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_of_ones_own_goes_before_the_one_that_ships()
    {
        WriteProfile("eastron/sdm630", OwnProfile);

        var (_, own, _) = await RunAsync("show", "eastron/sdm630", "--maps", _folder.FullName);
        var (_, shipped, _) = await RunAsync("show", "eastron/sdm630");

        Assert.Contains("A meter of our own", own, StringComparison.Ordinal);
        Assert.Contains("Eastron SDM630", shipped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_that_is_not_there_is_said() =>
        Assert.Equal((1, "gateway: there is no profile 'acme/m2' in the device library: 'gateway maps list' shows those that there are\n"), await FailAsync("show", "acme/m2"));

    [Fact]
    public async Task Prints_the_lines_of_a_device()
    {
        var (exitCode, output, error) = await RunAsync("add", "eastron/sdm630", "--name", "main", "--unit", "3", "--every", "1 s");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal("  - name: main\n    profile: eastron/sdm630    # Eastron SDM630 three-phase energy meter\n    unit: 3\n    every: 1 s\n", output);
    }

    [Fact]
    public async Task Writes_a_map_that_is_valid()
    {
        var file = Path.Combine(_folder.FullName, "meters.yaml");

        var (exitCode, output, error) = await RunAsync("add", "eastron/sdm630", "--bus", "modbus: tcp, host: 10.0.0.7", "--to", file);

        Assert.Equal((0, $"{file} is written\n", ""), (exitCode, output, error));
        Assert.StartsWith("bus: { modbus: tcp, host: 10.0.0.7 }\ndevices:\n  - name: sdm630\n", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal((1, $"gateway: {file} is there already: leave out --to and add the lines by hand, or name another file\n"),
            await FailAsync("add", "eastron/sdm630", "--bus", "modbus: tcp, host: 10.0.0.7", "--to", file));
    }

    [Fact]
    public async Task A_map_that_would_not_be_valid_is_not_written()
    {
        var file = Path.Combine(_folder.FullName, "meters.yaml");

        var (exitCode, _, error) = await RunAsync("add", "eastron/sdm630", "--bus", "modbus: tcp, hots: 10.0.0.7", "--to", file);

        Assert.Equal(1, exitCode);
        Assert.Contains("unknown key 'hots'", error, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        Assert.Equal((2, "gateway: a map needs a bus: say --bus, such as --bus 'modbus: tcp, host: 10.0.0.7'\n"), await FailAsync("add", "eastron/sdm630", "--to", file));
    }

    [Theory]
    [InlineData("map")]
    [InlineData("profile")]
    [InlineData("configuration")]
    public async Task Prints_the_schema_that_ships(string kind)
    {
        var (exitCode, output, _) = await RunAsync("schema", kind);

        var path = Path.Combine(Repository.Root, "devicemaps", "schema", kind + ".schema.json");
        if (kind == "configuration" && Environment.GetEnvironmentVariable("GATEWAY_WRITE_REFERENCE") == "1")
        {
            await File.WriteAllTextAsync(path, output);
        }

        Assert.Equal(0, exitCode);
        Assert.Equal(await File.ReadAllTextAsync(path), output);
    }

    [PeerFact(Peer.PythonJsonSchema)]
    public async Task The_schema_of_the_configuration_takes_what_is_valid_and_refuses_what_is_not()
    {
        var (_, schema, _) = await RunAsync("schema", "configuration");

        var verdicts = await JsonSchemaValidator.JudgeAsync(schema, new[]
        {
            """{}""",
            """{ "site": "plant1", "uplink": { "url": ["mqtt://a:1883", "mqtts://b"], "protocol": 5, "qos": 1 }, "queue": { "max-size": "1 GB", "max-age": "30 d", "max-loss": "none" }, "web": { "listen": [] } }""",
            """{ "uplink": { "qos": 1 } }""",
            """{ "uplink": { "url": "mqtt://a", "qos": 3 } }""",
            """{ "queue": { "max-size": "1 GiB" } }""",
            """{ "sites": "plant1" }""",
        }.Select(document => JsonNode.Parse(document)));

        Assert.Equal(["valid", "valid", "invalid", "invalid", "invalid", "invalid"], verdicts.Select(verdict => verdict.Split(':')[0]));
    }

    [PeerFact(Peer.PythonJsonSchema)]
    public async Task Every_configuration_that_is_shown_somewhere_is_valid()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        var package = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "deploy", "package", "gateway.yaml"));
        var first = FirstConfiguration.Compose(
            new FirstAnswers { Site = "plant1", Uplink = new FirstUplink("mqtt://10.0.0.1", "ann") { Password = "hunter2" } }, "/etc/gateway/gateway.yaml");
        string[] shown =
        [
            .. YamlBlock().Matches(readme).Select(match => match.Groups[1].Value).Where(text => ConfigurationStart().IsMatch(text)),
            string.Join('\n', package.SkipWhile(line => !line.StartsWith("# site:", StringComparison.Ordinal)).Select(line => line.TrimStart('#')[1..])),
            first.Configuration,
        ];

        var (_, schema, _) = await RunAsync("schema", "configuration");
        var verdicts = await JsonSchemaValidator.JudgeAsync(schema, shown.Select(ToJson));

        Assert.True(shown.Length > 5);
        Assert.All(shown.Zip(verdicts), pair => Assert.True(pair.Second == "valid", $"{pair.Second}\n{pair.First}"));
    }

    [PeerFact(Peer.PythonJsonSchema)]
    public async Task The_map_of_the_demo_is_valid_for_editors()
    {
        var plant = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "Gateway", "Commands", "demo-plant.yaml"));
        var map = plant.Replace("{tcp-port}", "502", StringComparison.Ordinal).Replace("{rtu-port}", "/tmp/a", StringComparison.Ordinal).Replace("{scale-port}", "/tmp/b", StringComparison.Ordinal);
        var documents = map.Split("\n---\n");

        var (_, schema, _) = await RunAsync("schema", "map");
        var verdicts = await JsonSchemaValidator.JudgeAsync(schema, documents.Select(ToJson));

        Assert.True(documents.Length > 3);
        Assert.All(verdicts, verdict => Assert.Equal("valid", verdict));
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();

    // Not a map, which has a bus.
    [GeneratedRegex(@"\A(?:#.*\n)*(?:site|uplink|publish|queue|broker|bridge|serve|metrics|web|devicemaps|data):")]
    private static partial Regex ConfigurationStart();

    private static JsonNode? ToJson(string yaml)
    {
        var value = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml);
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(value));
    }

    private static async Task<(int ExitCode, string Error)> FailAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync(arguments);
        Assert.Equal("", output);
        return (exitCode, error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.RunAsync(["maps", .. arguments], output, error, CancellationToken.None);
        return (exitCode, output.ToString(), error.ToString());
    }

    private void WriteProfile(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, "library", name + ".yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
