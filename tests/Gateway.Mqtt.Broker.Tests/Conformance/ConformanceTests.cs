using System.Globalization;
using System.Text;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Conformance;

/// <summary>
/// Every normative statement of MQTT 3.1.1 and 5.0 is shown by a test for each role that it binds, or listed with the
/// reason why it binds neither. <c>tests/MQTT-CONFORMANCE.md</c> is made from the tests themselves: with
/// <c>GATEWAY_WRITE_REFERENCE=1</c> this writes it.
/// </summary>
public sealed class ConformanceTests
{
    private static readonly string Table = Path.Combine(Repository.Root, "tests", "MQTT-CONFORMANCE.md");

    private static readonly string[][] Features =
        [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "data", "mqtt", "features.tsv")).Select(line => line.Split('\t'))];

    private static readonly string[][] ReasonCodes =
        [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "data", "mqtt", "reason-codes.tsv")).Select(line => line.Split('\t'))];

    private static readonly string[] AllVersions = ["3.1.1", "5.0"];

    public static TheoryData<string> Versions => [.. AllVersions];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Every_statement_is_shown_for_each_role_it_binds(string version)
    {
        var evidence = Evidence.Collect().Where(e => e.Version == version).ToLookup(e => e.Id);
        var missing = from statement in Statement.Read(version)
                      from role in statement.Roles
                      where !evidence[statement.Id].Any(e => e.Shows(role))
                      select $"{version} {statement.Id} {role}: {statement.About}";
        var text = string.Join('\n', missing);
        Assert.True(text.Length == 0, text);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Tests_name_only_statements_that_exist(string version)
    {
        var known = Statement.Read(version).Select(s => s.Id).ToHashSet();
        var unknown = Evidence.Collect().Where(e => e.Version == version && !known.Contains(e.Id)).Select(e => $"{e.Id} at {e.Test}");
        var text = string.Join('\n', unknown);
        Assert.True(text.Length == 0, text);
    }

    [Fact]
    public void The_table_says_what_the_tests_say()
    {
        var expected = Render();
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_REFERENCE") == "1")
        {
            File.WriteAllText(Table, expected);
            return;
        }

        Assert.True(expected == File.ReadAllText(Table), "tests/MQTT-CONFORMANCE.md is stale: tests/README.md says how to write it anew.");
    }

    [Fact]
    public void Tests_that_show_a_feature_exist() =>
        Assert.All(Features.SelectMany(row => row[1..]).Where(test => test != "–"), test => Assert.True(Evidence.Exists(test), test));

    private static string Render()
    {
        var all = Evidence.Collect();
        var text = new StringBuilder(
            """
            # MQTT conformance

            Which test shows which normative statement. Made from the tests by `GATEWAY_WRITE_REFERENCE=1 dotnet test tests/Gateway.Mqtt.Broker.Tests --filter ConformanceTests`; `tests/data/mqtt` says whom each statement binds, in our words. `name.txt: title` is a conversation of `Gateway.Mqtt.Broker.Tests/Wire/Cases` or a packet of `Gateway.Mqtt.Tests/Vectors`.

            """);
        foreach (var version in AllVersions)
        {
            var evidence = all.Where(e => e.Version == version).ToLookup(e => e.Id);
            text.Append(CultureInfo.InvariantCulture, $"\n## MQTT {version}\n\n| Statement | About | Client | Server |\n|---|---|---|---|\n");
            foreach (var statement in Statement.Read(version))
            {
                var tests = evidence[statement.Id].ToList();
                text.Append(CultureInfo.InvariantCulture, $"| {statement.Id} | {statement.About} | {Cell(statement, tests, Statement.Client)} | {Cell(statement, tests, Statement.Server)} |\n");
            }
        }

        text.Append("\n## Features\n\n| Feature | Client | Server |\n|---|---|---|\n");
        foreach (var row in Features)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row[0]} | {row[1]} | {row[2]} |\n");
        }

        text.Append("\n## Reason Codes of the broker\n\n| Code | Packets that conversations show | Further packets and their test | When, or why not |\n|---|---|---|---|\n");
        foreach (var row in ReasonCodes)
        {
            text.Append(CultureInfo.InvariantCulture, $"| 0x{row[0]} | {row[1]} | {row[2]} | {row[3]} |\n");
        }

        return text.ToString();
    }

    private static string Cell(Statement statement, List<Evidence> tests, string role) =>
        statement.Roles.Contains(role)
            ? string.Join("<br>", tests.Where(e => e.Shows(role)).Select(e => e.Test.Replace("|", "\\|", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal))
            : "–";
}
