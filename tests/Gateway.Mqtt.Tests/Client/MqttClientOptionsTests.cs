using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Transport;

namespace Gateway.Mqtt.Tests.Client;

public sealed class MqttClientOptionsTests
{
    private static readonly MqttClientOptions Good = new() { Servers = [new Uri("mqtt://localhost")] };

    public static TheoryData<string, Func<MqttClientOptions, MqttClientOptions>> Bad => new()
    {
        { "Servers", o => o with { Servers = [] } },
        { "Servers", o => o with { Servers = [new Uri("http://localhost")] } },
        { "Servers", o => o with { Servers = [new Uri("mqtt://me:secret@localhost")] } },
        { "KeepAlive", o => o with { KeepAlive = TimeSpan.FromSeconds(65_536) } },
        { "PingTimeout", o => o with { PingTimeout = TimeSpan.Zero } },
        { "ConnectTimeout", o => o with { ConnectTimeout = TimeSpan.Zero } },
        { "MaximumInFlight", o => o with { MaximumInFlight = 0 } },
        { "MaximumInFlight", o => o with { MaximumInFlight = 65_001 } },
        { "MaximumOutstanding", o => o with { MaximumOutstanding = 0 } },
        { "ReceiveMaximum", o => o with { ReceiveMaximum = 0 } },
        { "MaximumPacketSize", o => o with { MaximumPacketSize = 127 } },
        { "MaximumReconnectDelay", o => o with { MaximumReconnectDelay = TimeSpan.FromMilliseconds(1) } },
        { "Password", o => o with { ProtocolVersion = ProtocolVersion.V311, Password = "x"u8.ToArray() } },
        { "ClientIdentifier", o => o with { ProtocolVersion = ProtocolVersion.V311, SessionExpiryInterval = 1 } },
        { "Will", o => o with { Will = new WillMessage { Message = new ApplicationMessage { Topic = "#" } } } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    [Trait("Spec311", "MQTT-3.1.3-7")]
    public void A_bad_option_is_named(string name, Func<MqttClientOptions, MqttClientOptions> change)
    {
        var exception = Assert.Throws<ArgumentException>(() => change(Good).Validate());
        Assert.Equal(name, exception.ParamName);
    }

    [Theory]
    [InlineData("mqtt://host", "mqtt://host:1883/")]
    [InlineData("mqtts://host", "mqtts://host:8883/")]
    [InlineData("mqtt://[::1]:2000", "mqtt://[::1]:2000/")]
    [InlineData("ws://host/mqtt", "ws://host/mqtt")]
    [InlineData("wss://host:8443/x?y=1", "wss://host:8443/x?y=1")]
    [InlineData("unix:/run/broker.sock", "unix:/run/broker.sock")]
    public void Addresses_get_their_default_port(string text, string expected) =>
        Assert.Equal(expected, MqttServerUri.Parse(text).ToString());

    [Theory]
    [InlineData("host")]
    [InlineData("mqtt://")]
    [InlineData("tcp://host")]
    [InlineData("unix:")]
    [InlineData("mqtt://u:p@host")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.False(MqttServerUri.TryParse(text, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Back_off_doubles_to_its_maximum_and_is_jittered()
    {
        var backoff = new ReconnectBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), new HalfRandom());
        Assert.Equal([0.5, 1, 2, 4, 8, 15, 15], Enumerable.Range(0, 7).Select(_ => backoff.Next().TotalSeconds));
        backoff.ConnectionEnded(TimeSpan.FromSeconds(29));
        Assert.Equal(15, backoff.Next().TotalSeconds);
        backoff.ConnectionEnded(TimeSpan.FromSeconds(31));
        Assert.Equal(0.5, backoff.Next().TotalSeconds);
    }

    private sealed class HalfRandom : Random
    {
        public override double NextDouble() => 0.5;
    }
}
