using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Tests.Topics;

public sealed class TopicTests
{
    // MQTT 5.0 §4.7.1 to §4.7.3: the standard's own examples, and the corners between them.
    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("#", "a/b/c", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/broker", false)]
    [InlineData("+/monitor/Clients", "$SYS/monitor/Clients", false)]
    [InlineData("$SYS/#", "$SYS/broker", true)]
    [InlineData("$SYS/monitor/+", "$SYS/monitor/Clients", true)]
    [InlineData("a/b", "A/b", false)]
    [InlineData("a/b/#", "a/bc", false)]
    [InlineData("a/+/#", "a/b", true)]
    [InlineData("a/+/#", "a", false)]
    [InlineData("a", "a/b", false)]
    [InlineData("a//b", "a//b", true)]
    [InlineData("a/+/b", "a//b", true)]
    [Trait("Spec", "MQTT-4.7.1-2")]
    [Trait("Spec311", "MQTT-4.7.1-3")]
    [Trait("Spec", "MQTT-4.7.2-1")]
    [Trait("Spec", "MQTT-4.7.3-4")]
    public void Filter_and_topic(string filter, string topic, bool matches)
    {
        Assert.Equal(matches, TopicFilter.Matches(filter, topic));
        Assert.Equal(matches, TopicFilter.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)));
    }

    [Theory]
    [InlineData("#", true)]
    [InlineData("+", true)]
    [InlineData("+/tennis/#", true)]
    [InlineData("a/+/b", true)]
    [InlineData("/", true)]
    [InlineData("", false)]
    [InlineData("sport/tennis#", false)]
    [InlineData("sport/tennis/#/ranking", false)]
    [InlineData("sport+", false)]
    [InlineData("+a", false)]
    [InlineData("a/#b", false)]
    [InlineData("##", false)]
    [InlineData("a\0", false)]
    [InlineData("$share/group/a/+", true)]
    [InlineData("$share/group//", true)]
    [InlineData("$share/group", false)]
    [InlineData("$share/group/", false)]
    [InlineData("$share//a", false)]
    [InlineData("$share/g+/a", false)]
    [InlineData("$share/g#/a", false)]
    [InlineData("$share", true)] // §4.8.2 speaks of $share/; this is an ordinary filter
    [Trait("Spec", "MQTT-4.7.1-1")]
    [Trait("Spec", "MQTT-4.7.1-2")]
    [Trait("Spec", "MQTT-4.7.3-1")]
    [Trait("Spec", "MQTT-4.7.3-2")]
    [Trait("Spec", "MQTT-4.8.2-1")]
    [Trait("Spec", "MQTT-4.8.2-2")]
    public void Filters(string filter, bool isValid)
    {
        Assert.Equal(isValid, TopicFilter.IsValid(filter));
        Assert.Equal(isValid, TopicFilter.IsValid(Encoding.UTF8.GetBytes(filter)));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("/", true)]
    [InlineData("with space/ü", true)]
    [InlineData("$SYS/x", true)]
    [InlineData("", false)]
    [InlineData("a/+", false)]
    [InlineData("#", false)]
    [InlineData("a\0", false)]
    [Trait("Spec", "MQTT-4.7.0-1")]
    [Trait("Spec", "MQTT-4.7.3-1")]
    [Trait("Spec", "MQTT-4.7.3-2")]
    public void Names(string topic, bool isValid)
    {
        Assert.Equal(isValid, TopicName.IsValid(topic));
        Assert.Equal(isValid, TopicName.IsValid(Encoding.UTF8.GetBytes(topic)));
    }

    [Fact]
    [Trait("Spec", "MQTT-4.7.3-3")]
    [Trait("Spec311", "MQTT-4.7.3-3")]
    public void Length_is_counted_in_bytes()
    {
        Assert.True(TopicName.IsValid(new string('a', 65_535)));
        Assert.False(TopicName.IsValid(new string('a', 65_536)));
        Assert.False(TopicName.IsValid(new string('ü', 32_768)));
        Assert.False(TopicFilter.IsValid(new string('ü', 32_768)));
        Assert.False(TopicName.IsValid("a\ud800"));
    }

    [Theory]
    [InlineData("$share/g/a/b", true, "g", "a/b")]
    [InlineData("$share/g//", true, "g", "/")]
    [InlineData("a/b", false, "", "a/b")]
    public void Shares_are_split(string text, bool isShared, string shareName, string filter)
    {
        Assert.Equal(isShared, TopicFilter.TrySplitShare(text, out var name, out var rest));
        Assert.Equal((shareName, filter), (name.ToString(), rest.ToString()));
    }

    [Fact]
    public void Matching_agrees_with_the_naive_matcher()
    {
        var level = Gen.Elements("", "a", "b", "$a");
        var topics = level.NonEmptyListOf().Select(l => string.Join('/', l.Take(4))).Where(t => t.Length > 0);
        var filters = Gen.OneOf(level, Gen.Constant("+"), Gen.Constant("#")).NonEmptyListOf()
            .Select(l => string.Join('/', l.Take(4))).Where(f => TopicFilter.IsValid(f));
        Prop.ForAll(filters.ToArbitrary(), topics.ToArbitrary(), (filter, topic) =>
            TopicFilter.Matches(filter, topic) == NaiveMatch(filter.Split('/'), topic.Split('/')))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static bool NaiveMatch(string[] filter, string[] topic)
    {
        if (topic[0].StartsWith('$') && filter[0] is "+" or "#")
        {
            return false;
        }

        return Rest(filter, topic);

        static bool Rest(string[] filter, string[] topic) =>
            filter is ["#"] ? true
            : filter.Length == 0 ? topic.Length == 0
            : topic.Length > 0 && (filter[0] == "+" || filter[0] == topic[0]) && Rest(filter[1..], topic[1..]);
    }
}
