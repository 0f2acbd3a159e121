using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Transport;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Transport;

public sealed class MqttDialerTests
{
    [PeerFact(Peer.Mosquitto)]
    public async Task Tls_with_an_authority_and_a_client_certificate_of_ones_own()
    {
        using var certificates = new TestCertificates();
        await using var broker = await MosquittoBroker.StartAsync(
            $"listener {{port}} 127.0.0.1\ncafile {certificates.Authority}\ncertfile {certificates.Certificate("server")}\n"
            + $"keyfile {certificates.Key("server")}\nrequire_certificate true");
        var tls = new MqttTlsOptions
        {
            AuthorityFile = certificates.Authority,
            CertificateFile = certificates.Certificate("client"),
            KeyFile = certificates.Key("client"),
        };
        var options = new MqttClientOptions { Servers = [new Uri($"mqtts://127.0.0.1:{broker.Port}")], ClientIdentifier = "tls", Tls = tls };
        await using (var client = new MqttClient(options))
        {
            Assert.Equal(ReasonCode.Success, (await client.ConnectAsync()).ReasonCode);
            var message = new ApplicationMessage { Topic = "t", Payload = new byte[200_000], QoS = QualityOfService.AtLeastOnce };
            Assert.True((await client.PublishAsync(message)).IsAccepted);
        }

        // An authority that did not issue the server's certificate.
        await using var distrustful = new MqttClient(options with { Tls = new MqttTlsOptions() });
        var exception = await Assert.ThrowsAsync<MqttException>(() => distrustful.ConnectAsync());
        Assert.StartsWith("TLS with mqtts://127.0.0.1", exception.Message, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task Unix_sockets()
    {
        var folder = Directory.CreateTempSubdirectory("socket-");
        try
        {
            var path = Path.Combine(folder.FullName, "broker.sock");
            await using var broker = await MosquittoBroker.StartAsync($"listener 0 {path}");
            await using var client = new MqttClient(new MqttClientOptions { Servers = [new Uri($"unix:{path}")] });
            var result = await client.ConnectAsync();
            Assert.True(result.IsAccepted);
            Assert.NotEmpty(client.ClientIdentifier);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("mqtt://127.0.0.1:1", "Cannot connect to mqtt://127.0.0.1:1/: Connection refused")]
    [InlineData("mqtt://nowhere.invalid:1883", "Cannot connect to mqtt://nowhere.invalid:1883/: this machine finds no address for the name nowhere.invalid")]
    [InlineData("ws://127.0.0.1:1/mqtt", "Cannot connect to ws://127.0.0.1:1/mqtt: ")]
    [InlineData("unix:/not/there.sock", "Cannot connect to unix:/not/there.sock: ")]
    public async Task What_cannot_be_reached_is_named(string server, string message)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var exception = await Assert.ThrowsAsync<MqttException>(() => MqttDialer.DialAsync(new Uri(server), new MqttTlsOptions(), deadline.Token));
        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_certificate_file_is_named()
    {
        var tls = new MqttTlsOptions { AuthorityFile = "/not/there.pem" };
        var exception = await Assert.ThrowsAsync<MqttException>(
            () => MqttDialer.DialAsync(new Uri("mqtts://127.0.0.1:1"), tls, CancellationToken.None));
        Assert.StartsWith("The TLS file /not/there.pem cannot be used: ", exception.Message, StringComparison.Ordinal);
    }
}
