using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Persistence;

public sealed class JournalTests
{
    private static readonly TimeSpan Half = DyingBroker.Interval / 2;

    private readonly DyingBroker _broker = new();

    [Fact]
    public void Session_and_subscription_are_told_of_when_they_are_committed()
    {
        var client = _broker.Connect("@resume5:s 82 [ 0001 [ ] \"t\" 01 ]");
        AssertTaken("", client);
        _broker.Commit();
        AssertTaken("@ok5 90 [ 0001 [ ] 01 ]", client);
        Assert.Single(_broker.Store.Rows.Sessions);
        Assert.Single(_broker.Store.Rows.Subscriptions);
        client.Send(WireText.Parse("a2 [ 0002 [ ] \"t\" ]"));
        AssertTaken("", client);
        _broker.Commit();
        AssertTaken("b0 [ 0002 [ ] 00 ]", client);
        Assert.Empty(_broker.Store.Rows.Subscriptions);
    }

    [Fact]
    public void Who_leaves_nothing_behind_waits_for_nothing()
    {
        Subscribe("s", 1);
        var client = _broker.Connect("@connect5:a 82 [ 0001 [ ] \"u\" 02 ] 34 [ \"u\" 0001 [ ] 'x' ] 30 [ \"t\" [ ] 'x' ] 31 [ \"r\" [ ] 'x' ] c0 00");
        AssertTaken("@ok5 90 [ 0001 [ ] 02 ] 34 [ \"u\" 0001 [ ] 'x' ] 50 02 0001 d0 00", client);
    }

    [Fact]
    public void Acknowledgements_leave_commit_by_commit()
    {
        Subscribe("s", 1).Drop();
        var client = _broker.Connect("@connect5:a 32 [ \"t\" 0001 [ ] 'x' ]");
        var first = _broker.Take()!;
        client.Send(WireText.Parse("32 [ \"t\" 0002 [ ] 'x' ] c0 00"));
        AssertTaken("@ok5", client);

        _broker.Store.Apply(first);
        _broker.State.Journal.OnCommitted();
        AssertTaken("40 02 0001", client);
        var second = _broker.Take()!;
        client.Send(WireText.Parse("32 [ \"t\" 0003 [ ] 'x' ]"));
        AssertTaken("", client);

        _broker.Store.Apply(second);
        _broker.State.Journal.OnCommitted();
        AssertTaken("40 02 0002 d0 00", client);
        _broker.Commit();
        AssertTaken("40 02 0003", client);
        Assert.Equal(3, _broker.Store.Rows.Deliveries.Count);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.3.2-4")]
    public void Message_at_qos_1_leaves_at_once_and_its_publisher_is_told_later()
    {
        var subscriber = Subscribe("s", 1);
        var client = _broker.Connect("@connect5:a 32 [ \"t\" 0001 [ ] 'x' ]");
        AssertTaken("32 [ \"t\" 0001 [ ] 'x' ]", subscriber);
        AssertTaken("@ok5", client);

        // Acknowledged before anything was written: there is nothing to write.
        subscriber.Send(WireText.Parse("40 02 0001"));
        Assert.Null(_broker.Commit());
        AssertTaken("40 02 0001", client);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.3.3-3")]
    [Trait("Spec", "MQTT-4.3.3-4")]
    [Trait("Spec", "MQTT-4.3.3-10")]
    public void Each_step_of_qos_2_waits_for_its_commit()
    {
        var subscriber = Subscribe("s", 2);
        var client = _broker.Connect("@resume5:a");
        _broker.Commit();
        AssertTaken("@ok5", client);

        client.Send(WireText.Parse("34 [ \"t\" 0007 [ ] 'x' ]"));
        AssertTaken("", client);
        AssertTaken("", subscriber);
        _broker.Commit();
        AssertTaken("50 02 0007", client);
        AssertTaken("34 [ \"t\" 0001 [ ] 'x' ]", subscriber);
        Assert.Equal(7, Assert.Single(_broker.Store.Rows.Incoming).PacketIdentifier);
        Assert.Equal(1, Assert.Single(_broker.Store.Rows.Deliveries).PacketIdentifier);

        subscriber.Send(WireText.Parse("50 02 0001"));
        client.Send(WireText.Parse("62 02 0007"));
        AssertTaken("", client);
        AssertTaken("", subscriber);
        _broker.Commit();
        AssertTaken("70 02 0007", client);
        AssertTaken("62 02 0001", subscriber);
        Assert.Empty(_broker.Store.Rows.Incoming);
        Assert.Empty(_broker.Store.Rows.Messages);
        Assert.Null(Assert.Single(_broker.Store.Rows.Deliveries).MessageId);

        // Nobody waits for this one.
        subscriber.Send(WireText.Parse("70 02 0001"));
        Assert.Null(_broker.Commit());
        _broker.Advance(Half);
        _broker.Advance(Half);
        _broker.Commit();
        Assert.Empty(_broker.Store.Rows.Deliveries);
    }

    [Fact]
    public void What_this_process_publishes_and_a_client_acknowledges_soon_never_touches_the_disk()
    {
        var subscriber = Subscribe("s", 1);
        for (var identifier = 1; identifier <= 1000; identifier++)
        {
            Publish("t", "x");
            subscriber.Take();
            _broker.Advance(TimeSpan.FromMilliseconds(10));
            subscriber.Send([0x40, 2, (byte)(identifier >> 8), (byte)identifier]);
            Assert.Null(_broker.Commit());
        }
    }

    [Fact]
    public void What_this_process_publishes_is_written_within_the_interval_if_nobody_acknowledges_it()
    {
        Subscribe("s", 1).Drop();
        _broker.CommitAll();
        Publish("t", "x");
        Assert.Null(_broker.Commit());
        _broker.Advance(Half);
        Assert.Null(_broker.Commit());
        _broker.Advance(Half);
        Assert.NotNull(_broker.Commit());
        Assert.Single(_broker.Store.Rows.Deliveries);
    }

    [Fact]
    public void Message_is_written_once_however_many_wait_for_it_and_removed_with_the_last()
    {
        Subscribe("a", 1).Drop();
        Subscribe("b", 2).Drop();
        var last = Subscribe("c", 1);
        _broker.Connect("@connect5:p 34 [ \"t\" 0001 [ ] 'x' ]");
        _broker.CommitAll();
        Assert.Equal((1, 3), (_broker.Store.Rows.Messages.Count, _broker.Store.Rows.Deliveries.Count));

        last.Send(WireText.Parse("40 02 0001"));
        _broker.Connect("@connect5:a");
        _broker.CommitAll();
        Assert.Equal((1, 1), (_broker.Store.Rows.Messages.Count, _broker.Store.Rows.Deliveries.Count));
        _broker.Connect("@connect5:b");
        _broker.CommitAll();
        Assert.Equal((0, 0), (_broker.Store.Rows.Messages.Count, _broker.Store.Rows.Deliveries.Count));
        Assert.Equal("c", Assert.Single(_broker.Store.Rows.Sessions).ClientId);
    }

    [Fact]
    public void Session_that_ends_with_its_connection_this_time_is_forgotten_at_once()
    {
        Subscribe("s", 1).Drop();
        Publish("t", "x");
        var client = _broker.Connect("10 [ \"MQTT\" 05 00 0000 [ ] \"s\" ]");
        _broker.CommitAll();
        AssertTaken("@present5 32 [ \"t\" 0001 [ ] 'x' ]", client);
        Assert.Equal(0, _broker.Store.Rows.Count);
    }

    [Fact]
    public void Retained_messages_of_this_process_wait_for_a_quarter_of_an_hour_but_for_the_first_and_the_brokers_figures_for_ever()
    {
        Publish("$SYS/broker/uptime", "1", retain: true);
        Publish("a", "1", retain: true);
        _broker.Advance(Half);
        Publish("a", "2", retain: true);
        _broker.Advance(Half);
        _broker.CommitAll();
        Assert.Equal(("a", "2"), OnlyRetained());

        Publish("a", "3", retain: true);
        _broker.Advance(DyingBroker.LocalInterval - TimeSpan.FromSeconds(1));
        Assert.Null(_broker.Commit());
        Publish("a", "4", retain: true);
        _broker.Advance(TimeSpan.FromSeconds(1));
        _broker.CommitAll();
        Assert.Equal(("a", "4"), OnlyRetained());

        // One that goes and comes again is a first one.
        Publish("a", "", retain: true);
        Publish("a", "5", retain: true);
        _broker.Advance(Half);
        _broker.Advance(Half);
        _broker.CommitAll();
        Assert.Equal(("a", "5"), OnlyRetained());
    }

    [Fact]
    public void Client_that_waits_is_not_read_from_while_too_much_is_to_be_written()
    {
        var broker = new DyingBroker(new BrokerLimits { QueuedBytes = 1L << 30, AllQueuedBytes = 1L << 30 });
        broker.Connect("@resume5:s 82 [ 0001 [ ] \"t\" 01 ]").Drop();
        broker.CommitAll();
        var client = broker.Connect("@connect4:a");
        client.Take();
        client.Reads = false;
        byte[] publish = [0x32, 0x85, 0x80, 0x40, 0, 1, (byte)'t', 0, 1, .. new byte[1 << 20]];
        for (var i = 0; i < 40; i++)
        {
            client.Send(publish);
        }

        Assert.True(client.Connection.IsHalted);
        Assert.InRange(broker.State.Journal.Count, 30, 35);
        broker.CommitAll();
        Assert.False(client.Connection.IsHalted);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-8")]
    public void Will_of_a_client_that_was_there_when_the_broker_died_is_published_unless_it_returns_in_time()
    {
        Subscribe("s", 1).Drop();
        foreach (var (name, delay) in new[] { ("now", "00000000"), ("late", "0000000a"), ("back", "0000000a") })
        {
            _broker.Connect($"10 [ \"MQTT\" 05 0c 0000 [ 11 00000e10 ] \"{name}\" [ 18 {delay} ] \"t\" \"{name}\" ]");
        }

        _broker.CommitAll();
        _broker.Die();
        _broker.Connect("@resume5:back");
        _broker.Advance(TimeSpan.FromSeconds(1));
        _broker.Advance(TimeSpan.FromSeconds(10));
        _broker.CommitAll();
        _broker.Die();
        var subscriber = _broker.Connect("@resume5:s");
        _broker.CommitAll();
        AssertTaken("@present5 32 [ \"t\" 0001 [ ] 'now' ] 32 [ \"t\" 0002 [ ] 'late' ]", subscriber);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.2-5")]
    public void Time_passes_for_messages_and_sessions_while_the_broker_is_down()
    {
        Subscribe("s", 1).Drop();
        _broker.Connect("@connect5:p 32 [ \"t\" 0001 [ 02 0000000a ] '1' ] 33 [ \"t\" 0002 [ 02 00000064 ] '2' ]");
        _broker.CommitAll();
        Assert.Equal(2, _broker.Store.Rows.Messages.Count);
        _broker.Advance(TimeSpan.FromSeconds(20));
        _broker.Die();
        var subscriber = _broker.Connect("@resume5:s");
        _broker.CommitAll();
        AssertTaken("@present5 32 [ \"t\" 0001 [ 02 00000050 ] '2' ]", subscriber);
        Assert.Single(_broker.Store.Rows.Messages);

        subscriber.Drop();
        _broker.CommitAll();
        _broker.Advance(TimeSpan.FromHours(2));
        _broker.Die();
        _broker.Advance(Half);
        _broker.Advance(Half);
        _broker.CommitAll();
        Assert.Equal(0, _broker.Store.Rows.Count);
    }

    private static void AssertTaken(string expected, WireClient client)
        => Assert.Equal(WireText.Format(WireText.Parse(expected)), WireText.Format(client.Take()));

    private WireClient Subscribe(string clientId, int qos)
    {
        var client = _broker.Connect($"@resume5:{clientId} 82 [ 0001 [ ] \"t\" 0{qos} ]");
        _broker.CommitAll();
        client.Take();
        return client;
    }

    private (string Topic, string Payload) OnlyRetained()
    {
        var row = Assert.Single(_broker.Store.Rows.Retained);
        return (row.Topic, System.Text.Encoding.UTF8.GetString(row.Publish.Span[^1..]));
    }

    private void Publish(string topic, string payload, bool retain = false) => _broker.State.Publish(
        new ApplicationMessage { Topic = topic, Payload = System.Text.Encoding.UTF8.GetBytes(payload), QoS = QualityOfService.AtLeastOnce, Retain = retain },
        publisher: null);
}
