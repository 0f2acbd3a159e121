using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Packets;

namespace Gateway.Benchmarks;

/// <summary>Finds the subscribers of a topic among many subscriptions: one exact, one with <c>+</c>, one with <c>#</c> match.</summary>
public class MatchingBenchmarks
{
    private const int Topics = 1000;

    private readonly SubscriptionTree _tree = new();
    private readonly RouteTargets _targets = new();
    private readonly byte[][] _topics = new byte[Topics][];

    [Params(1_000, 100_000, 1_000_000)]
    public int Subscriptions { get; set; }

    [GlobalSetup]
    public void Subscribe()
    {
        for (var i = 0; i < Subscriptions; i++)
        {
            Add($"site/{i % 1000}/device/{i / 1000}/value");
        }

        Add("site/+/device/+/value");
        Add("site/#");
        var random = new Random(1);
        for (var i = 0; i < Topics; i++)
        {
            var number = random.Next(Subscriptions);
            _topics[i] = Encoding.UTF8.GetBytes($"site/{number % 1000}/device/{number / 1000}/value");
        }
    }

    [Benchmark(OperationsPerInvoke = Topics)]
    public int Match()
    {
        var count = 0;
        foreach (var topic in _topics)
        {
            _targets.Begin(null);
            _tree.Match(topic, _targets);
            count += _targets.Items.Length;
            _targets.End();
        }

        return count == 3 * Topics ? count : throw new InvalidOperationException($"{count} matches");
    }

    private void Add(string filter)
        => _tree.Add(new RoutedSubscription(new NobodyInParticular(), filter) { MaximumQoS = QualityOfService.AtMostOnce });

    private sealed class NobodyInParticular : Subscriber
    {
        public override string ClientId => "";

        public override Readiness Readiness => Readiness.Ready;

        public override void Deliver(ref RoutedMessage message, in RouteTarget target)
        {
        }
    }
}
