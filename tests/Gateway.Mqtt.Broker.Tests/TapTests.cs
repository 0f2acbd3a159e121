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

    [Fact]
    public async Task What_a_tap_has_no_room_for_is_refused_with_a_reason_where_the_version_has_one()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var tap = broker.Attach(new Recorder { IsSafeAtOnce = true });
        tap.SetFilters(["a"]);
        using var five = await broker.ConnectAsync("10 [ \"MQTT\" 05 02 003c [ ] \"five\" ]");
        await five.ExpectAsync("@ok5");
        using var four = await broker.ConnectAsync("@connect4:four");
        await four.ExpectAsync("@ok4");
        await four.SendAsync("82 [ 0001 \"a\" 00 ]");
        await four.ExpectAsync("90 03 0001 00");

        // A QoS 2 message ends with its PUBREC, and its identifier is free.
        await five.SendAsync("32 [ \"a\" 0001 00 'full' ]");
        await four.ExpectAsync("30 [ \"a\" 'full' ]");
        await five.ExpectAsync("40 [ 0001 97 [ 1f \"What has to keep the message, such as a bridge, has no room for it.\" ] ]");
        await five.SendAsync("34 [ \"a\" 0001 00 'full' ] 34 [ \"a\" 0001 00 'kept' ]");
        await five.ExpectAsync("50 [ 0001 97 [ 1f \"What has to keep the message, such as a bridge, has no room for it.\" ] ] 50 02 0001");

        await four.ExpectAsync("30 [ \"a\" 'full' ] 30 [ \"a\" 'kept' ]");
        await four.SendAsync("32 [ \"a\" 0001 'full' ]");
        await four.ExpectAsync("30 [ \"a\" 'full' ] 40 02 0001");
    }

    private sealed class Recorder : IMessageTap
    {
        private readonly SemaphoreSlim _taken = new(0);

        public bool IsSafeAtOnce { get; init; }

        public List<(ApplicationMessage Message, MessagePublisher Publisher, TaskCompletionSource Safe)> Messages { get; } = [];

        public IEnumerable<string> Texts =>
            Messages.Select(taken => $"{taken.Message.Topic} {Encoding.UTF8.GetString(taken.Message.Payload.Span)} {taken.Publisher.ClientId}");

        public bool TryTake(ApplicationMessage message, in MessagePublisher publisher, out Task? safe)
        {
            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Messages.Add((message, publisher, waiting));
            _taken.Release();
            safe = message.Payload.Span.SequenceEqual("fail"u8) ? throw new InvalidOperationException("no") : IsSafeAtOnce ? null : waiting.Task;
            return !message.Payload.Span.SequenceEqual("full"u8);
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
