using FsCheck;
using FsCheck.Fluent;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Tests.Bridging;

public class TopicMapTests
{
    [Theory]
    [InlineData("#", "", "", "a/b", "a/b")]
    [InlineData("#", "", "plant1/", "a/b", "plant1/a/b")]
    [InlineData("#", "local/", "remote/", "local/a", "remote/a")]
    [InlineData("+/set", "l/", "", "l/lamp/set", "lamp/set")]
    [InlineData("", "here", "there/x", "here", "there/x")]
    [InlineData("a/#", "", "r/", "a", "r/a")]
    [InlineData("a/#", "", "r/", "b", null)]
    [InlineData("+", "", "r/", "a/b", null)]
    // What comes before the slash of a prefix is not below it.
    [InlineData("#", "local/", "remote/", "local", null)]
    // Nothing would be left, or a topic of the broker's own would come of it.
    [InlineData("#", "local/", "", "local/", null)]
    [InlineData("#", "local/", "", "local/$SYS/uptime", null)]
    [InlineData("#", "", "r/", "$SYS/uptime", null)]
    public void The_prefix_of_one_side_gives_way_to_that_of_the_other(string pattern, string local, string remote, string topic, string? expected)
    {
        Assert.Equal(expected, Map(pattern, local, remote).ToRemote(topic)?.Topic);
        Assert.Equal(expected, Map(pattern, remote, local).ToLocal(topic)?.Topic);
    }

    [Fact]
    public void The_first_entry_that_goes_that_way_counts()
    {
        var map = new TopicMap(
        [
            new BridgeTopic { Pattern = "a/#", IsOut = false, IsIn = true },
            new BridgeTopic { Pattern = "a/b", IsOut = true, IsIn = false, QoS = QualityOfService.ExactlyOnce, RemotePrefix = "first/" },
            new BridgeTopic { Pattern = "#", IsOut = true, IsIn = false, RemotePrefix = "second/" },
        ]);
        Assert.Equal(("first/a/b", QualityOfService.ExactlyOnce), (map.ToRemote("a/b")!.Value.Topic, map.ToRemote("a/b")!.Value.Entry.QoS));
        Assert.Equal("second/a/c", map.ToRemote("a/c")?.Topic);
        Assert.Null(map.ToLocal("b"));
    }

    [Fact]
    public void What_goes_up_under_a_name_comes_down_under_it() => Prop.ForAll(
        Cases.ToArbitrary(),
        ((string Pattern, string Local, string Remote, string Topic) c) =>
        {
            var map = Map(c.Pattern, c.Local, c.Remote);
            Assert.Equal(Naive(c.Pattern, c.Local, c.Remote, c.Topic), map.ToRemote(c.Topic)?.Topic);
            if (map.ToRemote(c.Topic) is { Topic: var remote })
            {
                Assert.Equal(c.Topic, map.ToLocal(remote)?.Topic);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static Gen<(string Pattern, string Local, string Remote, string Topic)> Cases =>
        from pattern in Gen.Elements("#", "+", "a/#", "+/b", "a/+/#", "+/+", "b", "")
        from local in Gen.Elements("", "a/", "l/m/", "x")
        from remote in Gen.Elements("", "r/", "a/b/", "y")
        from levels in Gen.Elements("a", "b", "l", "m", "x", "").NonEmptyListOf()
        where (pattern.Length > 0 || (local.Length > 0 && remote.Length > 0))
            && (levels.Count > 1 || levels[0].Length > 0)
            && (pattern.Length == 0 || (pattern[0] is not ('+' or '#')) || (local is not "x" && remote is not "y"))
        select (pattern, local, remote, string.Join('/', levels));

    // Level by level, from the description: the topic without its prefix has to match the pattern.
    private static string? Naive(string pattern, string local, string remote, string topic)
    {
        if (topic.Length == 0 || !topic.StartsWith(local, StringComparison.Ordinal) || !Matches([.. (local + pattern).Split('/')], [.. topic.Split('/')]))
        {
            return null;
        }

        var moved = remote + topic[local.Length..];
        return moved.Length == 0 ? null : moved;

        static bool Matches(List<string> filter, List<string> levels) => (filter, levels) switch
        {
            (["#"], _) => true,
            ([], []) => true,
            ([], _) => false,
            (_, []) => false,
            _ => (filter[0] == "+" || filter[0] == levels[0]) && Matches(filter[1..], levels[1..]),
        };
    }

    private static TopicMap Map(string pattern, string local, string remote) =>
        new([new BridgeTopic { Pattern = pattern, IsOut = true, IsIn = true, LocalPrefix = local, RemotePrefix = remote }]);
}
