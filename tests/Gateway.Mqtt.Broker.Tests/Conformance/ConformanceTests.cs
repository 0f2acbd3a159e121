using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Conformance;

/// <summary>
/// Every normative statement of MQTT 3.1.1 and 5.0 is shown by a test for each role that it binds, or listed with the
/// reason why it binds neither.
/// </summary>
public sealed class ConformanceTests
{
    private static readonly string[] AllVersions = ["3.1.1", "5.0"];

    public static TheoryData<string> Versions => [.. AllVersions];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Every_statement_is_shown_for_each_role_it_binds(string version)
    {
        var evidence = Evidence.Collect().Where(e => e.Version == version).ToLookup(e => e.Id);
        var open = Open();
        var missing = from statement in Statement.Read(version)
                      from role in statement.Roles
                      where !evidence[statement.Id].Any(e => e.Shows(role))
                      let gap = $"{version} {statement.Id} {role}"
                      where !open.Contains(gap)
                      select $"{gap}: {statement.About}";
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

    private static HashSet<string> Open() => [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "data", "mqtt", "open.txt"))];
}
