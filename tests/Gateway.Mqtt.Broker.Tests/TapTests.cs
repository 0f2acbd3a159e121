using System.Text;
using Gateway.Mqtt.Broker.Embedding;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests;

/// <summary>Taps: who takes messages where they are routed.</summary>
public sealed class TapTests
{
    [Fact]
    public async Task A_publisher_hears_nothing_before_its_message_is_safe_and_then_all_in_order()
    {
        await using var broker = await BrokerFixture.StartAsync();
        var recorder = new Recorder();
        using var tap = broker.Attach(recorder);
        tap.SetFilters(["a/#", "a/b", "+/b"]);
        using var client = await broker.ConnectAsync("@connect4:a");
        await client.ExpectAsync("@ok4");
        using var other = await broker.ConnectAsync("@connect4:b");
        await other.ExpectAsync("@ok4");
        await client.SendAsync("32 [ \"a/b\" 0001 '1' ] 34 [ \"a/b\" 0002 '2' ] 32 [ \"c\" 0003 '3' ] c0 00");
        await recorder.WaitAsync(2);

        // Nobody else waits.
        await other.SendAsync("32 [ \"c\" 0001 '4' ]");
        await other.ExpectAsync("40 02 0001");
        await client.ExpectNothingAsync();
        recorder.Messages[1].Safe.SetResult();
        await client.ExpectNothingAsync();
        recorder.Messages[0].Safe.SetResult();
        await client.ExpectAsync("40 02 0001 50 02 0002 40 02 0003 d0 00");
        Assert.Equal(["a/b 1 a", "a/b 2 a"], recorder.Texts);
    }

    [Fact]
    public async Task A_tap_may_fail_and_change_its_filters_and_knows_who_publishes()
    {
        await using var broker = await BrokerFixture.StartAsync();
        var recorder = new Recorder { IsSafeAtOnce = true };
        using var tap = broker.Attach(recorder);
        tap.SetFilters(["a"]);
        using var client = await broker.ConnectAsync("10 [ \"MQTT\" 84 02 003c \"bridge\" ]");
        await client.ExpectAsync("@ok4");
        await client.SendAsync("33 [ \"a\" 0001 'fail' ] 33 [ \"a\" 0002 'kept' ] 32 [ \"b\" 0003 'x' ]");
        await client.ExpectAsync("40 02 0001 40 02 0002 40 02 0003");
        tap.SetFilters(["b"]);
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "y"u8.ToArray() });
        await broker.PublishAsync(new ApplicationMessage { Topic = "b", Payload = "z"u8.ToArray() });
        Assert.Equal(["a fail bridge", "a kept bridge", "b z "], recorder.Texts);
        Assert.Equal([(true, true), (true, true), (false, false)], recorder.Messages.Select(m => (m.Publisher.IsBridge, m.Message.Retain)));
        tap.Dispose();
        await broker.PublishAsync(new ApplicationMessage { Topic = "b" });
        Assert.Equal(3, recorder.Messages.Count);

        Assert.Equal(["a"], broker.FindRetained("+").Select(message => message.Topic));
        Assert.Throws<ArgumentException>(() => tap.SetFilters(["$share/g/a"]));
        Assert.Throws<ArgumentException>(() => broker.FindRetained("a/#/b"));
    }

    private sealed class Recorder : IMessageTap
    {
        private readonly SemaphoreSlim _taken = new(0);

        public bool IsSafeAtOnce { get; init; }

        public List<(ApplicationMessage Message, MessagePublisher Publisher, TaskCompletionSource Safe)> Messages { get; } = [];

        public IEnumerable<string> Texts =>
            Messages.Select(taken => $"{taken.Message.Topic} {Encoding.UTF8.GetString(taken.Message.Payload.Span)} {taken.Publisher.ClientId}");

        public Task? Take(ApplicationMessage message, in MessagePublisher publisher)
        {
            var safe = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Messages.Add((message, publisher, safe));
            _taken.Release();
            return message.Payload.Span.SequenceEqual("fail"u8) ? throw new InvalidOperationException("no") : IsSafeAtOnce ? null : safe.Task;
        }

        public async Task WaitAsync(int count)
        {
            for (var n = 0; n < count; n++)
            {
                Assert.True(await _taken.WaitAsync(TimeSpan.FromSeconds(30)));
            }
        }
    }
}
