using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

public sealed class AuthorizationTests : IAuthorizer
{
    private readonly BrokerState _state;

    public AuthorizationTests()
    {
        _state = new BrokerState(new BrokerLimits(), this);
        _state.Advance(0);
    }

    [Theory]
    [InlineData("@connect5:a", "@ok5", "32 [ \"no/write\" 0001 [ ] 'x' ]", "40 03 0001 87")]
    [InlineData("@connect5:a", "@ok5", "34 [ \"no/write\" 0001 [ ] 'x' ]", "50 03 0001 87")]
    [InlineData("@connect5:a", "@ok5", "30 [ \"no/write\" [ ] 'x' ]", "")]
    [InlineData("@connect4:a", "@ok4", "32 [ \"no/write\" 0001 'x' ]", "40 02 0001")]
    [InlineData("@connect4:a", "@ok4", "34 [ \"no/write\" 0001 'x' ]", "50 02 0001")]
    [InlineData("@connect5:a", "@ok5", "82 [ 0001 [ ] \"no/subscribe\" 00 \"t\" 00 \"$share/g/no/subscribe\" 00 ]", "90 [ 0001 [ ] 87 00 87 ]")]
    [InlineData("@connect4:a", "@ok4", "82 [ 0001 \"no/subscribe\" 00 \"t\" 00 ]", "90 04 0001 80 00")]
    [Trait("Spec311", "MQTT-3.3.5-2")]
    public void What_is_not_allowed_is_answered_and_not_done(string connect, string connAck, string packet, string answer)
    {
        var everything = Connect("@connect4:all");
        everything.Send(WireText.Parse("82 [ 0001 \"#\" 00 ]"));
        everything.Take();

        var client = new WireClient(_state);
        client.Send(WireText.Parse($"{connect} {packet}"));
        Assert.Equal(WireText.Format(WireText.Parse($"{connAck} {answer}")), WireText.Format(client.Take()));
        Assert.Empty(everything.Take());
        Assert.True(_state.Tally.Unauthorized > 0);
    }

    [Fact]
    public void What_may_not_be_read_is_not_delivered_live_or_retained()
    {
        var reader = Connect("@connect4:reader");
        reader.Send(WireText.Parse("82 [ 0001 \"#\" 00 ]"));
        reader.Take();
        Connect("@connect4:writer").Send(WireText.Parse("31 [ \"no/read\" 'x' ] 31 [ \"yes\" 'x' ]"));
        Assert.Equal(WireText.Format(WireText.Parse("30 [ \"yes\" 'x' ]")), WireText.Format(reader.Take()));
        reader.Send(WireText.Parse("82 [ 0002 \"no/read\" 00 ]"));
        Assert.Equal(WireText.Format(WireText.Parse("90 03 0002 00")), WireText.Format(reader.Take()));
    }

    [Fact]
    public void A_will_that_may_not_be_published_refuses_the_client()
    {
        var client = new WireClient(_state);
        client.Send(WireText.Parse("10 [ \"MQTT\" 05 06 003c [ ] \"a\" [ ] \"no/write\" \"x\" ]"));
        Assert.Equal(WireText.Format(WireText.Parse("20 03 00 87 00")), WireText.Format(client.Take()));
        Assert.True(client.IsClosed);
    }

    public bool MayPublish(ClientIdentity client, ReadOnlySpan<byte> topic) => Encoding.UTF8.GetString(topic) != "no/write";

    public bool MaySubscribe(ClientIdentity client, ReadOnlySpan<byte> filter) => Encoding.UTF8.GetString(filter) != "no/subscribe";

    public bool MayRead(ClientIdentity client, ReadOnlySpan<byte> topic) => Encoding.UTF8.GetString(topic) != "no/read";

    private WireClient Connect(string connect)
    {
        var client = new WireClient(_state);
        client.Send(WireText.Parse(connect));
        client.Take();
        return client;
    }
}
