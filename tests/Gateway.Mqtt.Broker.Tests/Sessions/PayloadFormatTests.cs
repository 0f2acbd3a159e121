using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>Payload Format Indicator. MQTT 5.0 §3.3.2.3.2, §3.1.3.2.3.</summary>
public sealed class PayloadFormatTests
{
    [Theory]
    [InlineData("@connect5:a 32 [ \"t\" 0001 [ 0101 ] c3a4 ]", "@ok5 40 03 0001 10", false)]
    [InlineData("@connect5:a 32 [ \"t\" 0001 [ 0101 ] c3 ]", "@ok5 40 03 0001 99", false)]
    [InlineData("@connect5:a 34 [ \"t\" 0001 [ 0101 ] ff ]", "@ok5 50 03 0001 99", false)]
    [InlineData("@connect5:a 32 [ \"t\" 0001 [ 0100 ] ff ] 32 [ \"t\" 0002 [ ] ff ]", "@ok5 40 03 0001 10 40 03 0002 10", false)]
    [InlineData("@connect5:a 30 [ \"t\" [ 0101 ] ff ]", "@ok5 e0 01 99", true)]
    [InlineData("@connect4:a 32 [ \"t\" 0001 ff ]", "@ok4 40 02 0001", false)]
    [InlineData("10 [ \"MQTT\" 05 06 003c [ ] \"a\" [ 0101 ] \"w\" 0001 ff ]", "20 03 00 99 00", true)]
    public void A_payload_that_is_not_the_text_it_is_said_to_be_is_refused_when_asked(string sent, string received, bool isClosed)
    {
        var state = new BrokerState(new BrokerLimits(), authorizer: null) { ValidatesPayloadFormat = true };
        state.Advance(0);
        var client = new WireClient(state);
        client.Send(WireText.Parse(sent));
        Assert.Equal(WireText.Format(WireText.Parse(received)), WireText.Format(client.Take()));
        Assert.Equal(isClosed, client.IsClosed);
    }

    [Fact]
    public void Otherwise_it_is_passed_on_as_it_is()
    {
        var state = new BrokerState(new BrokerLimits(), authorizer: null);
        state.Advance(0);
        var client = new WireClient(state);
        client.Send(WireText.Parse("@connect5:a 82 [ 0001 [ ] \"t\" 00 ] 30 [ \"t\" [ 0101 ] ff ]"));
        Assert.Equal(WireText.Format(WireText.Parse("@ok5 90 [ 0001 [ ] 00 ] 30 [ \"t\" [ 0101 ] ff ]")), WireText.Format(client.Take()));
    }
}
