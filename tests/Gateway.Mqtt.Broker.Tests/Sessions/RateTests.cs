using System.Net;
using System.Text;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

public sealed class RateTests
{
    private static readonly IPEndPoint Here = new(IPAddress.Parse("10.0.0.1"), 1);
    private static readonly IPEndPoint There = new(IPAddress.Parse("10.0.0.2"), 1);

    [Fact]
    public void Clients_that_connect_too_fast_are_refused_by_address_and_at_all()
    {
        var state = new BrokerState(new BrokerLimits { ConnectRate = 2, ConnectRatePerAddress = 1 }, authorizer: null);
        state.Advance(0);
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal("20020000", Connect(state, Here, $"@connect4:a{i}")));
        Assert.Equal("20020003", Connect(state, Here, "@connect4:b"));
        var refused = WireText.Format(WireText.Parse("20 [ 00 9f [ 1f \"too many clients connect\" ] ]"));
        Assert.Equal(refused, Connect(state, Here, "@connect5:b"));
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal("20020000", Connect(state, There, $"@connect4:c{i}")));
        Assert.Equal(refused, Connect(state, null, "@connect5:d"));
        Assert.Equal(3, state.Tally.ClientsRefused);

        state.Advance(1000);
        Assert.Equal("20020000", Connect(state, Here, "@connect4:b"));
        Assert.Equal(refused, Connect(state, Here, "@connect5:b"));
    }

    [Fact]
    public void An_address_has_its_share_of_connections()
    {
        var state = new BrokerState(new BrokerLimits { ConnectionsPerAddress = 1, Connections = 3 }, authorizer: null);
        var first = new WireClient(state, Here);
        Assert.Throws<InvalidOperationException>(() => new WireClient(state, Here));
        _ = new WireClient(state, There);
        first.Connection.OnClosed();
        _ = new WireClient(state, Here);
        _ = new WireClient(state);
        Assert.Throws<InvalidOperationException>(() => new WireClient(state));
        Assert.Equal(2, state.Tally.ConnectionsRefused);
        Assert.Equal(3, state.Tally.Connections);
    }

    [Fact]
    public void What_a_client_publishes_beyond_its_rate_waits_and_is_not_lost()
    {
        var state = new BrokerState(new BrokerLimits { MessageRate = 10 }, authorizer: null);
        state.Advance(0);
        var subscriber = new WireClient(state);
        subscriber.Send(WireText.Parse("@connect4:s 82 [ 0001 \"t\" 00 ]"));
        subscriber.Take();
        var publisher = new WireClient(state);
        publisher.Send(WireText.Parse("@connect4:p " + string.Concat(Enumerable.Range(0, 25).Select(i => $"30 [ \"t\" '{(char)('a' + i)}' ] ")) + "c0 00"));
        Assert.Equal("20020000", WireText.Format(publisher.Take()));
        Assert.Equal("abcdefghij", Payloads(subscriber));
        Assert.Equal(1, state.Tally.RatePauses);
        var received = new StringBuilder();
        for (var now = 50; now <= 2000; now += 50)
        {
            state.Advance(now);
            publisher.Send([]);
            received.Append(Payloads(subscriber));
            if (now == 1000)
            {
                Assert.Equal("klmnopqrst", received.ToString());
            }
        }

        Assert.Equal("klmnopqrstuvwxy", received.ToString());
        Assert.Equal("d000", WireText.Format(publisher.Take()));
    }

    [Fact]
    public void A_pause_ends_with_its_connection()
    {
        var state = new BrokerState(new BrokerLimits { MessageRate = 1 }, authorizer: null);
        state.Advance(0);
        var publisher = new WireClient(state);
        publisher.Send(WireText.Parse("@connect4:p 30 [ \"t\" ] 30 [ \"t\" ]"));
        publisher.Connection.OnClosed();
        state.Advance(10_000);
        Assert.Null(state.Deadlines.Next);
    }

    private static string Connect(BrokerState state, EndPoint? from, string connect)
    {
        var client = new WireClient(state, from);
        client.Send(WireText.Parse(connect));
        return WireText.Format(client.Take());
    }

    // 30 04 0001 't' payload
    private static string Payloads(WireClient client)
        => string.Concat(client.Take().Chunk(6).Select(packet => (char)packet[5]));
}
