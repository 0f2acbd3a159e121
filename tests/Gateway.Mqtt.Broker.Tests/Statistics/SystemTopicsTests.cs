using System.Text;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Statistics;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Statistics;

public sealed class SystemTopicsTests
{
    private readonly BrokerState _state = new(new BrokerLimits(), authorizer: null);

    public SystemTopicsTests()
    {
        _state.Advance(0);
        _state.SystemTopics = new SystemTopics(_state, TimeSpan.FromSeconds(10), "gateway version 1.2.3");
    }

    [Fact]
    public void Who_subscribes_gets_the_values_of_now_and_then_what_changed()
    {
        _state.Advance(5000);
        var client = Connect("@connect4:a");
        client.Send(WireText.Parse("82 [ 0001 \"$SYS/#\" 00 ]"));
        var first = Messages(client, skip: 5);
        Assert.All(first.Values, message => Assert.True(message.Retain));
        Assert.Equal("gateway version 1.2.3", Text(first["$SYS/broker/version"]));
        Assert.Equal("5 seconds", Text(first["$SYS/broker/uptime"]));
        Assert.Equal("1", Text(first["$SYS/broker/clients/connected"]));
        Assert.Equal("1", Text(first["$SYS/broker/subscriptions/count"]));
        Assert.Equal("0", Text(first["$SYS/broker/retained messages/count"]));
        Assert.Equal("2", Text(first["$SYS/broker/messages/received"]));
        Assert.Equal("0.00", Text(first["$SYS/broker/load/messages/received/1min"]));

        _state.Advance(10_000);
        var second = Messages(client);
        Assert.All(second.Values, message => Assert.False(message.Retain));
        Assert.Equal("10 seconds", Text(second["$SYS/broker/uptime"]));
        Assert.DoesNotContain("$SYS/broker/version", second.Keys);
        Assert.DoesNotContain("$SYS/broker/clients/connected", second.Keys);
        // 2 packets in 10 s are 12 a minute: 12 × (1 − e^(−1/6)).
        Assert.Equal("1.84", Text(second["$SYS/broker/load/messages/received/1min"]));

        var other = Connect("@connect4:b");
        _state.Advance(20_000);
        Assert.Equal("2", Text(Messages(client)["$SYS/broker/clients/connected"]));
        Assert.Equal(0, _state.Retained.Count);
        Assert.Empty(other.Take());
    }

    [Fact]
    [Trait("Spec", "MQTT-4.7.2-1")]
    [Trait("Spec311", "MQTT-4.7.2-1")]
    public void Filters_that_begin_with_a_wildcard_do_not_reach_them()
    {
        var client = Connect("@connect4:a");
        client.Send(WireText.Parse("82 [ 0001 \"#\" 00 \"+/broker/version\" 00 \"+/#\" 00 ]"));
        Assert.Equal("90050001000000", WireText.Format(client.Take()));
        _state.Advance(10_000);
        Assert.Empty(client.Take());
    }

    [Fact]
    public void Nobody_is_told_while_nobody_listens()
    {
        var client = Connect("@connect4:a");
        client.Send(WireText.Parse("82 [ 0001 \"$SYS/broker/uptime\" 00 ] a2 [ 0002 \"$SYS/broker/uptime\" ]"));
        client.Take();
        var sent = _state.Tally.MessagesSent;
        _state.Advance(10_000);
        _state.Advance(20_000);
        Assert.Equal(sent, _state.Tally.MessagesSent);

        // And whoever comes now gets what is true now.
        client.Send(WireText.Parse("82 [ 0003 \"$SYS/broker/uptime\" 00 ]"));
        Assert.Equal("20 seconds", Text(Messages(client, skip: 5)["$SYS/broker/uptime"]));
    }

    [Theory]
    [InlineData("@connect5:a", "@ok5", "32 [ \"$SYS/broker/version\" 0001 [ ] 'x' ] 33 [ \"$SYS\" 0002 [ ] 'x' ] 30 [ \"$SYS/x\" [ ] ] 32 [ \"$SYSTEM\" 0003 [ ] ]", "40 03 0001 87 40 03 0002 87 40 03 0003 10")]
    [InlineData("@connect4:a", "@ok4", "33 [ \"$SYS/broker/version\" 0001 'x' ]", "40 02 0001")]
    public void Clients_do_not_publish_there(string connect, string connAck, string publish, string answer)
    {
        var listener = Connect("@connect4:b");
        listener.Send(WireText.Parse("82 [ 0001 \"$SYS/#\" 00 ]"));
        listener.Take();
        var client = new WireClient(_state);
        client.Send(WireText.Parse($"{connect} {publish}"));
        Assert.Equal(WireText.Format(WireText.Parse($"{connAck} {answer}")), WireText.Format(client.Take()));
        Assert.Empty(listener.Take());
        Assert.True(_state.Tally.Unauthorized > 0);
    }

    // 60 in a minute, then none for a minute: 60 × (1 − e^(−1/T)), and that × e^(−1/T).
    [Fact]
    public void Loads_are_averages_that_forget()
    {
        var load = new LoadAverage();
        load.Add(60, TimeSpan.FromMinutes(1));
        Assert.Equal([37.927, 10.876, 3.870], load.Values.Select(value => Math.Round(value, 3)));
        load.Add(60, TimeSpan.FromMinutes(1));
        Assert.Equal([13.953, 8.905, 3.620], load.Values.Select(value => Math.Round(value, 3)));
    }

    private WireClient Connect(string connect)
    {
        var client = new WireClient(_state);
        client.Send(WireText.Parse(connect));
        client.Take();
        return client;
    }

    private static string Text(ApplicationMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    private static Dictionary<string, ApplicationMessage> Messages(WireClient client, int skip = 0)
    {
        var messages = new Dictionary<string, ApplicationMessage>();
        var reader = new PacketReader(client.Take().AsSpan(skip), ProtocolVersion.V311);
        while (reader.Read(out var frame) == DecodeStatus.Complete)
        {
            Assert.True(PacketCodec.TryDecode(frame, ProtocolVersion.V311, out var packet, out _));
            var message = Assert.IsType<PublishPacket>(packet).Message;
            messages.Add(message.Topic, message);
        }

        return messages;
    }
}
