using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>A client that does not read costs its own messages, and bounded memory.</summary>
public sealed class SlowSubscriberTests
{
    private readonly BrokerState _state = new(new BrokerLimits { UnsentBytes = 4096, QueuedMessages = 50, QueuedBytes = 20_000 }, authorizer: null);
    private readonly WireClient _slow;
    private readonly WireClient _quick;
    private readonly WireClient _publisher;

    public SlowSubscriberTests()
    {
        _state.Advance(0);
        _slow = Subscribe("@connect4:slow");
        _quick = Subscribe("@connect4:quick");
        _publisher = Subscribe("@connect4:publisher", filter: "other");
        _slow.Reads = false;
    }

    [Fact]
    public void Messages_at_QoS_0_beyond_the_limit_are_dropped_and_counted()
    {
        var message = WireText.Parse($"30 [ \"t\" '{new string('x', 500)}' ]");
        for (var i = 0; i < 100; i++)
        {
            _publisher.Send(message);
            if (_publisher.Connection.IsWaiting)
            {
                GiveUpTheSlow();
            }

            Assert.Equal(message, _quick.Take());
        }

        Assert.Equal(1, _state.Tally.SlowSubscribers);
        _slow.Reads = true;
        var kept = _slow.Take().Length / message.Length;
        Assert.InRange(kept, 8, 9);
        Assert.Equal(100 - kept, _state.Tally.DroppedSlowSubscriber);

        // And it goes on as if nothing had been.
        _publisher.Send(message);
        Assert.Equal(message, _slow.Take());
    }

    [Fact]
    public void Messages_at_QoS_1_wait_then_are_dropped_and_counted()
    {
        for (var i = 1; i <= 100; i++)
        {
            _publisher.Send(WireText.Parse($"32 [ \"t\" {i:x4} '{new string('x', 100)}' ]"));
            if (_publisher.Connection.IsWaiting)
            {
                GiveUpTheSlow();
            }

            _publisher.Take();
            _quick.Take();
            _quick.Send(WireText.Parse($"40 02 {i:x4}"));
        }

        Assert.Equal(0, _state.Tally.DroppedSlowSubscriber);
        Assert.InRange(_state.Tally.DroppedQueueFull, 1, 50);
        var queued = _state.Tally.QueuedBytes;
        Assert.InRange(queued, 1, 20_000);

        _slow.Reads = true;
        var received = _slow.Take().Length / 107;
        Assert.Equal(100 - _state.Tally.DroppedQueueFull, received);
        Assert.Equal(0, _state.Tally.QueuedBytes);
    }

    [Fact]
    public void Who_does_not_take_its_answers_is_not_listened_to()
    {
        // 3,000 answers are 6,000 bytes.
        for (var i = 0; i < 3000; i++)
        {
            _slow.Send([0xC0, 0x00]);
        }

        Assert.InRange(_slow.Connection.Output.Length, 4096, 4100);
        _slow.Reads = true;
        Assert.InRange(_slow.Take().Length, 4096, 4100);
    }

    [Fact]
    public void Retained_messages_are_not_dropped_for_coming_all_at_once()
    {
        var payload = new string('x', 200);
        for (var i = 0; i < 200; i++)
        {
            _publisher.Send(WireText.Parse($"31 [ \"r/{i:d3}\" '{payload}' ]"));
        }

        _slow.Send(WireText.Parse("82 [ 0002 \"r/#\" 00 ]"));
        _slow.Reads = true;
        Assert.Equal(5 + (200 * (3 + 7 + 200)), _slow.Take().Length);
        Assert.Equal(0, _state.Tally.DroppedSlowSubscriber + _state.Tally.DroppedQueueFull);
    }

    [Fact]
    public void All_queues_together_have_a_limit()
    {
        var state = new BrokerState(new BrokerLimits { AllQueuedBytes = 1000 }, authorizer: null);
        state.Advance(0);
        foreach (var name in (string[])["a", "b"])
        {
            var away = new WireClient(state);
            away.Send(WireText.Parse($"@resume4:{name} 82 [ 0001 \"t\" 01 ]"));
            away.Drop();
        }

        var publisher = new WireClient(state);
        publisher.Send(WireText.Parse("@connect4:p"));
        for (var i = 1; i <= 10; i++)
        {
            publisher.Send(WireText.Parse($"32 [ \"t\" {i:x4} 'x' ]"));
        }

        // A message counts its bytes and what the broker keeps with them.
        Assert.InRange(state.Tally.QueuedBytes, 800, 1000);
        Assert.Equal(20 - (state.Tally.QueuedBytes / 98), state.Tally.DroppedQueueFull);
    }

    // It made no progress for half a second.
    private void GiveUpTheSlow()
    {
        _state.Advance(_state.Now + 500);
        Assert.False(_publisher.Connection.IsWaiting);
        _publisher.GoOn();
    }

    private WireClient Subscribe(string connect, string filter = "t")
    {
        var client = new WireClient(_state);
        client.Send(WireText.Parse($"{connect} 82 [ 0001 \"{filter}\" 01 ]"));
        client.Take();
        return client;
    }
}
