using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Mqtt.Broker.Retained;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Broker.Tests.Retained;

public sealed class RetainedStoreTests
{
    private readonly Deadlines _deadlines = new();

    [Fact]
    [Trait("Spec", "MQTT-3.3.1-5")]
    [Trait("Spec", "MQTT-3.3.1-6")]
    [Trait("Spec", "MQTT-3.3.1-7")]
    public void Store_finds_what_matching_each_topic_would_find()
    {
        var level = Gen.Elements("a", "b", "", "$c");
        var topics = Gen.ArrayOf(Gen.ArrayOf(level).Where(l => l.Length is > 0 and < 5).Select(l => string.Join('/', l)).Where(t => t.Length > 0));
        Prop.ForAll(
            topics.ToArbitrary(),
            Gen.Elements("#", "+", "a/#", "a/+", "+/b", "+/+/#", "$c/#", "a", "/", "a/b/a", "+/#", "/#").ToArbitrary(),
            (names, filter) =>
            {
                var store = new RetainedStore(new BrokerLimits(), _deadlines);
                foreach (var name in names)
                {
                    store.Set(Message(name, "x"));
                }

                // Every second one goes again.
                var there = names.Distinct().ToList();
                foreach (var name in there.Where((_, i) => i % 2 == 1).ToList())
                {
                    store.Set(Message(name, ""));
                    there.Remove(name);
                }

                Assert.Equal(there.Count, store.Count);
                Assert.Equal(there.Order(), store.All().Select(TopicOf).Order());
                Assert.Equal(there.Where(name => TopicFilter.Matches(filter, name)).Order(), Match(store, filter).Order());
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Limits_hold_in_number_and_bytes()
    {
        var store = new RetainedStore(new BrokerLimits { RetainedMessages = 2, RetainedBytes = 1000 }, _deadlines);
        Assert.True(store.Set(Message("a", "1")));
        Assert.True(store.Set(Message("b", "1")));
        Assert.False(store.Set(Message("c", "1")));
        Assert.True(store.Set(Message("b", "2")));
        Assert.False(store.Set(Message("b", new string('x', 1000))));
        Assert.True(store.Set(Message("a", "")));
        Assert.True(store.Set(Message("c", "1")));
        Assert.Equal(2, store.Count);
        Assert.Equal(2 * Message("a", "1").Size, store.Bytes);
    }

    [Fact]
    public void Message_goes_when_it_expires_and_a_new_one_moves_the_time()
    {
        var store = new RetainedStore(new BrokerLimits(), _deadlines);
        store.Set(Message("a", "1", expiresAt: 100));
        store.Set(Message("b", "1", expiresAt: 100));
        store.Set(Message("a", "2", expiresAt: 200));
        store.Set(Message("c", "1", expiresAt: 100));
        store.Set(Message("c", "2"));
        var changes = new List<(string, RetainedChange)>();
        store.Changed = (message, change) => changes.Add((TopicOf(message), change));
        _deadlines.Run(100);
        Assert.Equal(["a", "c"], Match(store, "#").Order());
        _deadlines.Run(200);
        Assert.Equal(["c"], Match(store, "#"));
        Assert.Equal([("b", RetainedChange.Removed), ("a", RetainedChange.Removed)], changes);
        Assert.Null(_deadlines.Next);
    }

    private static StoredMessage Message(string topic, string payload, long expiresAt = RoutedMessage.Never) => new(new RoutedMessage
    {
        Topic = Encoding.UTF8.GetBytes(topic),
        Payload = Encoding.UTF8.GetBytes(payload),
        Retain = true,
        ExpiresAt = expiresAt,
    });

    private static string TopicOf(StoredMessage message) => Encoding.UTF8.GetString(message.Topic);

    private static List<string> Match(RetainedStore store, string filter)
    {
        var found = new List<string>();
        store.Match(Encoding.UTF8.GetBytes(filter), message => found.Add(TopicOf(message)));
        return found;
    }
}
