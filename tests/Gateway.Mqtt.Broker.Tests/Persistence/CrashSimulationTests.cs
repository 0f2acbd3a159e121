using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Persistence;

/// <summary>
/// The broker dies at any moment, connections break, commits are late; whatever happens, what a publisher was told
/// arrives, in order, and exactly once at QoS 2. Seeded; <c>GATEWAY_CRASH_SEEDS</c> makes it longer.
/// </summary>
public sealed class CrashSimulationTests
{
    private const int Steps = 600;

    private static readonly int Seeds = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_CRASH_SEEDS"), out var seeds) ? seeds : 100;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Spec", "MQTT-4.3.2-5")]
    [Trait("Spec", "MQTT-4.3.3-11")]
    [Trait("Spec", "MQTT-4.4.0-1")]
    [Trait("Spec", "MQTT-4.6.0-6")]
    public void What_was_acknowledged_arrives_and_nothing_twice_at_qos_2(int qos)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            Run(seed, (QualityOfService)qos);
        }
    }

    private static void Run(int seed, QualityOfService qos)
    {
        var random = new Random(seed);
        var broker = new DyingBroker();
        var publisher = new ModelPublisher(broker, qos);
        ModelSubscriber[] subscribers = [new(broker, "s1", qos), new(broker, "s2", qos)];
        ModelClient[] clients = [publisher, .. subscribers];
        foreach (var subscriber in subscribers)
        {
            subscriber.Connect();
            broker.CommitAll();
            subscriber.Receive();
            subscriber.Subscribe();
            broker.CommitAll();
            subscriber.Receive();
        }

        for (var step = 0; step < Steps; step++)
        {
            var client = clients[random.Next(clients.Length)];
            switch (random.Next(100))
            {
                case < 25:
                    publisher.Publish();
                    break;
                case < 50:
                    client.Receive();
                    break;
                case < 75:
                    client.Answer(random.Next(1, 4));
                    break;
                case < 85:
                    broker.Commit();
                    break;
                case < 88:
                    client.Drop();
                    break;
                case < 94:
                    client.Connect();
                    break;
                case < 97:
                    broker.Advance(TimeSpan.FromMilliseconds(random.Next(700)));
                    break;
                default:
                    // Before a commit, during it, or after it and before anybody is told.
                    if (random.Next(3) is var moment and > 0 && broker.Take() is { } changes && moment == 2)
                    {
                        broker.Store.Apply(changes);
                    }

                    broker.Die();
                    Array.ForEach(clients, c => c.OnDied());
                    break;
            }
        }

        for (var round = 0; round < 500; round++)
        {
            foreach (var client in clients)
            {
                client.Connect();
                client.Receive();
                client.Answer(int.MaxValue);
            }

            broker.Advance(TimeSpan.FromMilliseconds(100));
            broker.CommitAll();
        }

        foreach (var subscriber in subscribers)
        {
            var first = subscriber.Received.Distinct().ToList();
            Assert.True(first.SequenceEqual(Enumerable.Range(0, publisher.Published)), $"seed {seed}: {publisher.Published} were published, and these came: {string.Join(' ', subscriber.Received)}");
            Assert.True(qos != QualityOfService.ExactlyOnce || first.Count == subscriber.Received.Count, $"seed {seed}: twice: {string.Join(' ', subscriber.Received)}");
        }

        Assert.Empty(broker.Store.Rows.Incoming);
        Assert.Empty(broker.Store.Rows.Deliveries);
        Assert.Empty(broker.Store.Rows.Messages);
    }
}
