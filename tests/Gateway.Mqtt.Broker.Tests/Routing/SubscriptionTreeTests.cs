using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Routing;

public sealed class SubscriptionTreeTests
{
    // Few levels, so that filters and topics meet.
    private static readonly Gen<string> Level = Gen.Elements("a", "b", "", "$x", "long-level");

    private static readonly Gen<string> Topic =
        Gen.ArrayOf(Level).Where(levels => levels.Length is > 0 and < 6).Select(levels => string.Join('/', levels)).Where(t => t.Length > 0);

    private static readonly Gen<string> Filter =
        from levels in Gen.ArrayOf(Gen.Frequency((3, Level), (1, Gen.Constant("+")))).Where(levels => levels.Length is > 0 and < 6)
        from hash in Gen.Elements(true, false, false)
        let text = string.Join('/', levels)
        select hash ? text.Length == 0 ? "#" : text + "/#" : text.Length == 0 ? "+" : text;

    private readonly RouteTargets _targets = new();

    [Fact]
    [Trait("Spec", "MQTT-4.7.1-1")]
    [Trait("Spec", "MQTT-4.7.1-2")]
    [Trait("Spec", "MQTT-4.7.2-1")]
    [Trait("Spec", "MQTT-4.7.3-4")]
    public void Tree_finds_what_a_naive_matcher_finds_while_subscriptions_come_and_go()
        => Prop.ForAll(
            Gen.ArrayOf(Filter).ToArbitrary(),
            Gen.ArrayOf(Topic).ToArbitrary(),
            Gen.ArrayOf(Gen.Choose(0, 1000)).ToArbitrary(),
            (filters, topics, removals) =>
            {
                var tree = new SubscriptionTree();
                var subscriptions = filters.Select((filter, i) => Subscribe(tree, new RecordingSubscriber($"{i}"), filter)).ToList();
                foreach (var removal in removals.TakeWhile(_ => subscriptions.Count > 0))
                {
                    var removed = subscriptions[removal % subscriptions.Count];
                    subscriptions.Remove(removed);
                    tree.Remove(removed);
                }

                Assert.Equal(subscriptions.Count, tree.Count);
                foreach (var topic in topics)
                {
                    var expected = subscriptions.Where(s => NaiveMatches(s.Filter, topic)).Select(s => s.Subscriber.ClientId).Order();
                    Assert.Equal(expected, Match(tree, topic).Select(t => t.Subscriber.ClientId).Order());
                }
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Empty_tree_holds_nothing_after_everything_was_removed()
    {
        var tree = new SubscriptionTree();
        var subscriptions = Enumerable.Range(0, 1000)
            .Select(i => Subscribe(tree, new RecordingSubscriber(), $"plant/{i % 10}/+/{i}/#")).ToList();
        subscriptions.ForEach(tree.Remove);
        Assert.Equal(0, tree.Count);
        Assert.Empty(Match(tree, "plant/1/x/1/y"));
    }

    [Fact]
    public void Many_other_subscriptions_do_not_slow_a_match()
    {
        var tree = new SubscriptionTree();
        var subscriber = new RecordingSubscriber();
        for (var i = 0; i < 200_000; i++)
        {
            Subscribe(tree, subscriber, $"site/{i % 1000}/device/{i}");
        }

        Subscribe(tree, subscriber, "site/+/device/177777");
        var targets = new RouteTargets();
        var topic = "site/777/device/177777"u8.ToArray();
        var before = TimeProvider.System.GetTimestamp();
        const int Matches = 10_000;
        for (var i = 0; i < Matches; i++)
        {
            targets.Begin(null);
            tree.Match(topic, targets);
            Assert.Equal(1, targets.Items.Length);
        }

        // Each takes under a microsecond; a scan would take milliseconds.
        Assert.True(TimeProvider.System.GetElapsedTime(before) < TimeSpan.FromSeconds(Matches / 1000), "a match takes over a millisecond");
    }

    [Fact]
    public void Matching_does_not_allocate()
    {
        var tree = new SubscriptionTree();
        Subscribe(tree, new RecordingSubscriber(), "a/+/c");
        Subscribe(tree, new RecordingSubscriber(), "a/#");
        var targets = new RouteTargets();
        var topic = "a/b/c"u8.ToArray();
        targets.Begin(null);
        tree.Match(topic, targets);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            targets.Begin(null);
            tree.Match(topic, targets);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_group_prefers_who_can_send_then_who_is_busy_then_who_is_away()
    {
        var tree = new SubscriptionTree();
        Subscribe(tree, new RecordingSubscriber("away", Readiness.Away), "$share/g/t");
        Assert.Equal("away", Assert.Single(Match(tree, "t")).Subscriber.ClientId);
        Subscribe(tree, new RecordingSubscriber("busy", Readiness.Busy), "$share/g/t");
        Assert.Equal("busy", Assert.Single(Match(tree, "t")).Subscriber.ClientId);
        Subscribe(tree, new RecordingSubscriber("ready", Readiness.Ready), "$share/g/t");
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Equal("ready", Assert.Single(Match(tree, "t")).Subscriber.ClientId));
    }

    [Fact]
    public void A_group_is_fair()
    {
        var tree = new SubscriptionTree();
        for (var i = 0; i < 3; i++)
        {
            Subscribe(tree, new RecordingSubscriber($"{i}"), "$share/g/t");
        }

        var counts = Enumerable.Range(0, 300).Select(_ => Match(tree, "t")[0].Subscriber.ClientId).CountBy(id => id);
        Assert.All(counts, count => Assert.Equal(100, count.Value));
    }

    private static RoutedSubscription Subscribe(SubscriptionTree tree, Subscriber subscriber, string filter)
    {
        var subscription = new RoutedSubscription(subscriber, filter) { MaximumQoS = QualityOfService.AtMostOnce };
        tree.Add(subscription);
        return subscription;
    }

    private RouteTarget[] Match(SubscriptionTree tree, string topic)
    {
        _targets.Begin(null);
        tree.Match(Encoding.UTF8.GetBytes(topic), _targets);
        return _targets.Items.ToArray();
    }

    // Level by level, as §4.7 tells it.
    private static bool NaiveMatches(string filter, string topic)
    {
        var f = filter.Split('/');
        var t = topic.Split('/');
        if (topic.StartsWith('$') && f[0] is "+" or "#")
        {
            return false;
        }

        for (var i = 0; i < f.Length; i++)
        {
            if (f[i] == "#")
            {
                return true;
            }

            if (i >= t.Length || (f[i] != "+" && f[i] != t[i]))
            {
                return false;
            }

            if (i == t.Length - 1 && f.Length == i + 2 && f[i + 1] == "#")
            {
                return true;
            }
        }

        return f.Length == t.Length;
    }
}
