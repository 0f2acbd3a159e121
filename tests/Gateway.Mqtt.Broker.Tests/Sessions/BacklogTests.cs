using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>Publishers wait for a subscriber that falls behind, if it makes progress, and not for long.</summary>
public sealed class BacklogTests
{
    private const int QueuedMessages = 40;
    private const int Window = 10;

    private readonly BrokerState _state = new(
        new BrokerLimits { UnsentBytes = 4096, QueuedMessages = QueuedMessages, InFlight = Window }, authorizer: null);
    private readonly WireClient _subscriber;
    private int _acknowledged;

    public BacklogTests()
    {
        _state.Advance(0);
        _subscriber = Client("@connect4:s 82 [ 0001 \"t\" 01 ]");
    }

    [Fact]
    public void Publishers_wait_while_the_queue_is_half_full_and_nothing_is_lost()
    {
        var publishers = Enumerable.Range(0, 5).Select(i => Client($"@connect4:p{i}")).ToArray();
        for (var i = 0; i < 5; i++)
        {
            publishers[i].Send([.. Enumerable.Range(1, 50).SelectMany(Publish)]);
        }

        // The first went on until the queue was half full, each of the others added one message.
        Assert.All(publishers, publisher => Assert.True(publisher.Connection.IsWaiting));
        var received = Take();
        Assert.Equal(Window, received);
        while (received < 250)
        {
            Acknowledge();
            received += Take();
            foreach (var publisher in publishers.Where(publisher => !publisher.Connection.IsWaiting))
            {
                publisher.GoOn();
            }

            _state.Advance(_state.Now + 10);
        }

        Assert.Equal(250, received);
        Assert.Equal(0, _state.Tally.DroppedQueueFull + _state.Tally.SlowSubscribers);
        Assert.All(publishers, publisher => Assert.Equal(50 * 4, publisher.Take().Length));
    }

    [Fact]
    public void QoS_0_waits_for_the_socket()
    {
        var publisher = Client("@connect4:p");
        _subscriber.Reads = false;
        var message = WireText.Parse($"30 [ \"t\" '{new string('x', 500)}' ]");
        publisher.Send([.. Enumerable.Repeat(message, 100).SelectMany(bytes => bytes)]);
        Assert.True(publisher.Connection.IsWaiting);
        Assert.InRange(_subscriber.Connection.UnsentBytes, 2048, 4096);

        _subscriber.Reads = true;
        var received = 0;
        while (received < 100 * message.Length)
        {
            received += _subscriber.Take().Length;
            Assert.False(publisher.Connection.IsWaiting);
            publisher.GoOn();
        }

        Assert.Equal(0, _state.Tally.DroppedSlowSubscriber);
    }

    [Fact]
    public void Who_makes_too_little_progress_is_given_up_and_publishers_rest_from_waiting()
    {
        var publisher = Client("@connect4:p");
        publisher.Send([.. Enumerable.Range(1, 200).SelectMany(Publish)]);
        Take();
        for (var now = 400; now < 2000; now += 400)
        {
            // An acknowledgement now and then.
            _state.Advance(now);
            _subscriber.Send(Acknowledgement(++_acknowledged));
            Assert.True(publisher.Connection.IsWaiting);
        }

        _state.Advance(2100);
        Assert.False(publisher.Connection.IsWaiting);
        Assert.Equal(1, _state.Tally.SlowSubscribers);
        publisher.GoOn();
        Assert.False(publisher.Connection.IsWaiting);
        Assert.InRange(_state.Tally.DroppedQueueFull, 100, 200);
        Assert.Equal(200 * 4, publisher.Take().Length);

        // For twenty times as long.
        publisher.Send(Publish(201));
        Assert.False(publisher.Connection.IsWaiting);
        _state.Advance(44_101);
        publisher.Send(Publish(202));
        Assert.True(publisher.Connection.IsWaiting);
    }

    [Fact]
    public void Who_waits_in_vain_for_one_waits_for_nobody_else_meanwhile()
    {
        var others = Enumerable.Range(0, 20).Select(i => Client($"@connect4:s{i} 82 [ 0001 \"t\" 01 ]")).ToArray();
        var publisher = Client("@connect4:p");
        publisher.Send([.. Enumerable.Range(1, 200).SelectMany(Publish)]);
        Assert.True(publisher.Connection.IsWaiting);
        _state.Advance(500);
        publisher.GoOn();
        Assert.False(publisher.Connection.IsWaiting);
        Assert.Equal(200 * 4, publisher.Take().Length);
        Assert.All(others, other => Assert.False(other.IsClosed));
    }

    [Fact]
    public void Two_that_publish_to_each_other_do_not_wait_for_each_other()
    {
        var one = Client("@connect4:one 82 [ 0001 \"to/one\" 01 ]");
        var two = Client("@connect4:two 82 [ 0001 \"to/two\" 01 ]");
        one.Send([.. Enumerable.Range(1, 100).SelectMany(i => Publish(i, "to/two"))]);
        Assert.True(one.Connection.IsWaiting);
        two.Send([.. Enumerable.Range(1, 40).SelectMany(i => Publish(i, "to/one"))]);
        Assert.False(two.Connection.IsWaiting);
    }

    [Fact]
    public void Keep_Alive_does_not_run_out_for_who_is_not_listened_to()
    {
        var publisher = Client("10 [ \"MQTT\" 04 02 0001 \"p\" ]");
        publisher.Send([.. Enumerable.Range(1, 100).SelectMany(Publish)]);
        for (var now = 400; now < 2000; now += 400)
        {
            _state.Advance(now);
            _subscriber.Send([0xC0, 0x00]);
            _subscriber.Take();
        }

        Assert.True(publisher.Connection.IsWaiting);
        Assert.False(publisher.IsClosed);
    }

    [Fact]
    public void Publishers_go_on_when_the_subscriber_leaves()
    {
        var publisher = Client("@connect4:p");
        publisher.Send([.. Enumerable.Range(1, 100).SelectMany(Publish)]);
        Assert.True(publisher.Connection.IsWaiting);
        _subscriber.Drop();
        Assert.False(publisher.Connection.IsWaiting);
        publisher.GoOn();
        Assert.Equal(100 * 4, publisher.Take().Length);
    }

    private static byte[] Publish(int identifier) => Publish(identifier, "t");

    private static byte[] Publish(int identifier, string topic) => WireText.Parse($"32 [ \"{topic}\" {identifier:x4} 'x' ]");

    private static byte[] Acknowledgement(int identifier) => WireText.Parse($"40 02 {identifier:x4}");

    private WireClient Client(string text)
    {
        var client = new WireClient(_state);
        client.Send(WireText.Parse(text));
        client.Take();
        return client;
    }

    // | 32 | length | 00 01 t | identifier | x |
    private int Take() => _subscriber.Take().Length / 8;

    private void Acknowledge()
    {
        for (var i = 0; i < Window; i++)
        {
            _subscriber.Send(Acknowledgement(++_acknowledged));
        }
    }
}
