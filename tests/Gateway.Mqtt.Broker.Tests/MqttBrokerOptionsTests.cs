using Gateway.Mqtt.Broker.Access;

namespace Gateway.Mqtt.Broker.Tests;

public sealed class MqttBrokerOptionsTests
{
    [Theory]
    [InlineData("mqtt://127.0.0.1:1883", null)]
    [InlineData("mqtt://localhost", null)]
    [InlineData("mqtt://[::1]:0", null)]
    [InlineData("mqtt://0.0.0.0:1883", "mqtt://0.0.0.0:1883/ listens beyond this machine, and there are no users: make a users file with `gateway passwd`, or allow anonymous clients explicitly.")]
    [InlineData("mqtt://[::]:1883", "mqtt://[::]:1883/ listens beyond this machine, and there are no users: make a users file with `gateway passwd`, or allow anonymous clients explicitly.")]
    [InlineData("mqtt://gateway.local", "mqtt://gateway.local/ listens beyond this machine, and there are no users: make a users file with `gateway passwd`, or allow anonymous clients explicitly.")]
    [InlineData("http://127.0.0.1", "\"http://127.0.0.1\" is not a listener this broker knows; write mqtt://HOST:PORT, mqtts://, ws://, wss:// or unix:/PATH.")]
    [InlineData("unix:/run/gateway/mqtt.sock", null)]
    [InlineData("unix:///run/gateway/mqtt.sock", null)]
    [InlineData("unix:mqtt.sock", "\"unix:mqtt.sock\" names no socket; write unix:/PATH.")]
    [InlineData("unix://run/mqtt.sock", "\"unix://run/mqtt.sock\" names no socket; write unix:/PATH.")]
    [InlineData("mqtt://127.0.0.1:1883/x", "\"mqtt://127.0.0.1:1883/x\" has more than host and port; write mqtt://127.0.0.1:1883.")]
    public void Listeners_beyond_loopback_want_users(string uri, string? problem)
        => Assert.Equal(problem, new MqttBrokerOptions { Listen = [new Uri(uri)] }.Validate());

    [Fact]
    public void Unix_path_has_at_most_107_bytes()
    {
        var longest = "/" + new string('a', 106);
        Assert.Null(new MqttBrokerOptions { Listen = [new Uri("unix:" + longest)] }.Validate());
        var problem = new MqttBrokerOptions { Listen = [new Uri($"unix:{longest}a")] }.Validate();
        Assert.Equal($"\"unix:{longest}a\" is too long: the path of a Unix socket has at most 107 bytes.", problem);
    }

    [Fact]
    public void Users_or_an_explicit_word_open_the_network()
    {
        var everywhere = new MqttBrokerOptions { Listen = [new Uri("mqtt://0.0.0.0:1883")] };
        Assert.Null((everywhere with { AllowAnonymous = true }).Validate());
        Assert.Null((everywhere with { Authenticator = AllowAnonymous.Instance }).Validate());
        Assert.Throws<MqttBrokerException>(() => new MqttBroker(everywhere));
    }

    [Fact]
    public void Limits_out_of_range_are_named()
    {
        Assert.Null(new BrokerLimits().Validate());
        Assert.Equal("Connections is 0; allowed is 1 to 2147483647.", new MqttBrokerOptions { Limits = new() { Connections = 0 } }.Validate());
        Assert.Equal("PacketSize is 100; allowed is 1024 to 200000000.", new BrokerLimits { PacketSize = 100 }.Validate());
        Assert.Equal("SessionExpiry is -00:00:02; it is zero or more.", new BrokerLimits { SessionExpiry = TimeSpan.FromSeconds(-2) }.Validate());
        Assert.Equal("CommitInterval is 00:00:00; it is more than zero and at most a day.", new MqttBrokerOptions { CommitInterval = TimeSpan.Zero }.Validate());
    }
}
