using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// A file beside the bridge's queue that says what the bridge passed on when it ran last: which retained messages are upstream already,
/// and which subscriptions its session there has. Not thread-safe.
/// </summary>
/// <param name="path">The file, <c>out</c> or <c>in</c>, the two filters and the broker in each line, separated by tabs.</param>
internal sealed class KnownTopics(string path)
{
    private const char Separator = '\t';

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Of the entries that go out those that are new.</summary>
    public IReadOnlyList<BridgeTopic> FindNew(BridgeOptions options)
    {
        var known = Read().ToHashSet();
        return [.. options.Topics.Where(topic => topic.IsOut && !known.Contains(Describe("out", topic, options)))];
    }

    /// <summary>The filters at the upstream broker that were subscribed and are not wanted any more.</summary>
    public IReadOnlyList<string> FindFormer(BridgeOptions options)
    {
        var wanted = options.Topics.Where(topic => topic.IsIn).Select(topic => topic.RemoteFilter).ToHashSet();
        return
        [
            .. Read().Select(line => line.Split(Separator))
                .Where(line => line is ["in", _, _, var broker] && broker == Broker(options))
                .Select(line => line[2])
                .Where(filter => !wanted.Contains(filter))
                .Distinct(),
        ];
    }

    /// <summary>Writes down what is passed on now, in one step. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public void Save(BridgeOptions options)
    {
        string[] lines =
        [
            .. options.Topics.Where(topic => topic.IsOut).Select(topic => Describe("out", topic, options)),
            .. options.Topics.Where(topic => topic.IsIn).Select(topic => Describe("in", topic, options)),
        ];
        if (lines.SequenceEqual(Read()))
        {
            return;
        }

        File.WriteAllLines(path + ".new", lines);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static string Describe(string direction, BridgeTopic topic, BridgeOptions options) =>
        string.Join(Separator, direction, topic.LocalFilter, topic.RemoteFilter, Broker(options));

    private static string Broker(BridgeOptions options) => options.Connection.Urls[0].GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    private string[] Read()
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
