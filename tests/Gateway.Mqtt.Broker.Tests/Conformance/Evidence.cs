using System.Text.RegularExpressions;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Conformance;

/// <summary>A test that says it shows a statement: by a trait, in the heading of a wire conversation, or on a line of the malformed packets.</summary>
/// <param name="Version">3.1.1 or 5.0.</param>
/// <param name="Id">The statement's.</param>
/// <param name="Project">The test project's folder.</param>
/// <param name="Test">The test as a reader finds it.</param>
internal sealed partial record Evidence(string Version, string Id, string Project, string Test)
{
    private static readonly string Tests = Path.Combine(Repository.Root, "tests");

    private static readonly string[] Projects = ["Gateway.Mqtt.Tests", "Gateway.Mqtt.Broker.Tests", "Gateway.Integration.Tests"];

    /// <summary>Whether it shows what that role does. Codec and client are one library's; the gateway as a whole plays both roles.</summary>
    public bool Shows(string role) => Project switch
    {
        "Gateway.Mqtt.Tests" => role == Statement.Client,
        "Gateway.Mqtt.Broker.Tests" => role == Statement.Server,
        _ => true,
    };

    public static List<Evidence> Collect() => [.. Projects.SelectMany(InProject).Distinct()];

    /// <summary>Whether there is such a test: <c>Class.Method</c>, or <c>file.txt: title</c> of a conversation.</summary>
    public static bool Exists(string test)
    {
        if (test.Split(": ", 2) is [var file, var title])
        {
            return WireCase.Read(file).Any(wireCase => wireCase.Title.Split('|')[0].Trim() == title);
        }

        var names = test.Split('.');
        return Directory.EnumerateFiles(Tests, $"{names[0]}.cs", SearchOption.AllDirectories)
            .Any(source => File.ReadAllText(source).Contains($" {names[1]}(", StringComparison.Ordinal));
    }

    private static IEnumerable<Evidence> InProject(string project)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Tests, project), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var parts = Path.GetRelativePath(Tests, file).Split(Path.DirectorySeparatorChar);
            if (parts.Contains("bin") || parts.Contains("obj"))
            {
                continue;
            }

            var found = (Path.GetExtension(file), parts[^2]) switch
            {
                (".cs", _) => InCode(file),
                (".txt", "Cases" or "Vectors") => InLines(file),
                _ => [],
            };
            foreach (var (version, id, test) in found)
            {
                yield return new Evidence(version, id, project, test);
            }
        }
    }

    private static IEnumerable<(string Version, string Id, string Test)> InCode(string file)
    {
        var waiting = new List<(string Version, string Id)>();
        foreach (var line in File.ReadLines(file))
        {
            if (Trait().Match(line) is { Success: true } trait)
            {
                waiting.Add((trait.Groups["old"].Success ? "3.1.1" : "5.0", trait.Groups["id"].Value));
            }
            else if (waiting.Count > 0 && Declaration().Match(line) is { Success: true } declaration)
            {
                var name = $"{Path.GetFileNameWithoutExtension(file)}.{declaration.Groups["name"].Value}";
                foreach (var (version, id) in waiting)
                {
                    yield return (version, id, name);
                }

                waiting.Clear();
            }
        }
    }

    // "== title | ids 311: ids" of a conversation, "version | bytes | reason | ids 311: ids" of a packet.
    private static IEnumerable<(string Version, string Id, string Test)> InLines(string file)
    {
        foreach (var line in File.ReadLines(file).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var columns = line.Split('|', StringSplitOptions.TrimEntries);
            if (columns.Length < 2 || !columns[^1].Contains("MQTT-", StringComparison.Ordinal))
            {
                continue;
            }

            var title = columns.Length == 2 ? columns[0].TrimStart('=', ' ') : columns[^2];
            var halves = columns[^1].Split("311:");
            for (var half = 0; half < halves.Length; half++)
            {
                foreach (var id in halves[half].Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    yield return (half == 0 ? "5.0" : "3.1.1", id, $"{Path.GetFileName(file)}: {title}");
                }
            }
        }
    }

    [GeneratedRegex("""\[Trait\("Spec(?<old>311)?", "(?<id>[^"]+)"\)\]""", RegexOptions.CultureInvariant)]
    private static partial Regex Trait();

    [GeneratedRegex("""^\s*public .*?(class )?(?<name>[A-Za-z_][A-Za-z0-9_]*)(\(.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex Declaration();
}
