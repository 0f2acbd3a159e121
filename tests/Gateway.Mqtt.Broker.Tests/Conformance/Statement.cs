using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Conformance;

/// <summary>A normative statement, a line of <c>tests/data/mqtt</c>: number, section, whom it binds, what it is about or why it binds neither role.</summary>
internal sealed record Statement(string Id, string Section, string Binds, string About)
{
    public const string Client = "client";
    public const string Server = "server";

    /// <summary>The roles that need a test.</summary>
    public IEnumerable<string> Roles => Binds switch
    {
        "both" => [Client, Server],
        "neither" => [],
        _ => [Binds],
    };

    public static List<Statement> Read(string version) =>
    [
        .. from line in File.ReadLines(Path.Combine(Repository.Root, "tests", "data", "mqtt", $"mqtt-{version}.tsv"))
        let columns = line.Split('\t')
        select new Statement(columns[0], columns[1], columns[2], columns[3]),
    ];
}
