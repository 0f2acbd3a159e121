using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Schema;
using Gateway.DeviceMaps.Yaml;
using Gateway.Drivers;
using Gateway.TestSupport;

namespace Gateway.DeviceMaps.Tests.Schema;

/// <summary>
/// The schemas in <c>devicemaps/schema</c> are what the drivers say, and a validator that is not ours accepts by them what is valid
/// and refuses what is not. With <c>GATEWAY_WRITE_REFERENCE=1</c> the test writes them.
/// </summary>
public class JsonSchemaTests
{
    private static readonly string Shipped = Path.Combine(Repository.Root, "devicemaps");

    /// <summary>Broken maps whose fault is within one key or one section: an editor shows it too.</summary>
    private static readonly string[] Seen =
    [
        "042", "043", "044", "048", "052", "056", "057", "058", "059", "060", "061", "062", "063", "064", "065", "069", "074", "079", "082", "083",
        "088", "091", "096", "097", "099", "101", "103", "104", "105", "106", "107", "109", "112", "113", "114", "121", "122", "126", "129", "134",
    ];

    private static string Maps => JsonSchema.OfMaps(DriverCatalog.Create());

    private static string Profiles => JsonSchema.OfProfiles(DriverCatalog.Create());

    [Fact]
    public void The_schemas_that_ship_say_what_the_drivers_say()
    {
        Compare("map.schema.json", Maps);
        Compare("profile.schema.json", Profiles);
    }

    // By a relative path: where packages put the folder, schema, examples and library lie beside one another as here.
    [Theory]
    [InlineData("devicemaps/examples", "map.schema.json")]
    [InlineData("devicemaps/library", "profile.schema.json")]
    [InlineData("src/Gateway/Commands", "map.schema.json")]
    public void Every_example_and_profile_names_the_schema_by_which_editors_judge_it(string folder, string schema) =>
        Assert.All(Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.yaml", SearchOption.AllDirectories), path =>
        {
            const string Naming = "# yaml-language-server: $schema=";
            var first = File.ReadLines(path).First();
            Assert.StartsWith(Naming, first, StringComparison.Ordinal);
            Assert.Equal(Path.Combine(Shipped, "schema", schema), Path.GetFullPath(first[Naming.Length..], Path.GetDirectoryName(path)!));
        });

    [PeerFact(Peer.PythonJsonSchema)]
    public async Task Every_example_is_valid() =>
        Assert.All(await JudgeAsync(Maps, Directory.EnumerateFiles(Path.Combine(Shipped, "examples"), "*.yaml")), pair => Assert.Equal("valid", pair.Verdict));

    [PeerFact(Peer.PythonJsonSchema)]
    public async Task Every_profile_is_valid() =>
        Assert.All(
            await JudgeAsync(Profiles, Directory.EnumerateFiles(Path.Combine(Shipped, "library"), "*.yaml", SearchOption.AllDirectories)),
            pair => Assert.Equal("valid", pair.Verdict));

    [PeerFact(Peer.PythonJsonSchema)]
    public async Task Every_fault_within_a_section_is_seen()
    {
        var cases = BrokenCase.Names.Where(name => Seen.Contains(name[..3])).Select(BrokenCase.Read).ToArray();
        var judged = await JudgeAsync(Maps, cases.Select(broken => Path.Combine(broken.Folder, broken.Arguments[0])));

        Assert.Equal(Seen.Length, judged.Count);
        Assert.All(judged, pair => Assert.StartsWith("invalid: ", pair.Verdict, StringComparison.Ordinal));
    }

    private static void Compare(string name, string expected)
    {
        var path = Path.Combine(Shipped, "schema", name);
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_REFERENCE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, expected);
            return;
        }

        Assert.Equal(expected, File.ReadAllText(path));
    }

    // Each document of each file.
    private static async Task<IReadOnlyList<(string File, string Verdict)>> JudgeAsync(string schema, IEnumerable<string> files)
    {
        var paths = files.Order(StringComparer.Ordinal).ToArray();
        var documents = paths.SelectMany(path => ReadDocuments(path).Select(document => (Path: path, Document: document))).ToArray();
        var verdicts = await JsonSchemaValidator.JudgeAsync(schema, documents.Select(pair => pair.Document));
        return [.. documents.Zip(verdicts, (pair, verdict) => (pair.Path, verdict))];
    }

    private static IEnumerable<JsonNode?> ReadDocuments(string path)
    {
        var diagnostics = new List<Diagnostic>();
        return YamlReader.Read(path, SourceText.Read(new DiskFiles(), path, diagnostics)!, diagnostics).Select(ToJson);
    }

    // YAML 1.2.2 §10.3.2, the core schema.
    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMapping mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key, ToJson(entry.Value)))),
        YamlSequence sequence => new JsonArray([.. sequence.Items.Select(ToJson)]),
        YamlScalar { IsQuoted: true } scalar => JsonValue.Create(scalar.Text),
        YamlScalar { IsNull: true } => null,
        YamlScalar { Text: "true" or "false" } scalar => JsonValue.Create(scalar.Text == "true"),
        YamlScalar scalar when ValueReader.TryParseInteger(scalar.Text, out var integer) => JsonValue.Create(integer),
        YamlScalar scalar when decimal.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        YamlScalar scalar => JsonValue.Create(scalar.Text),
        _ => null,
    };
}
