using System.Globalization;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>Against mosquitto_pub and mosquitto_sub (2.0.11).</summary>
public sealed class MosquittoClientsTests
{
    public static TheoryData<string, int> Matrix
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var version in (string[])["mqttv31", "mqttv311", "mqttv5"])
            {
                for (var qos = 0; qos <= 2; qos++)
                {
                    data.Add(version, qos);
                }
            }

            return data;
        }
    }

    [PeerTheory(Peer.MosquittoClients)]
    [MemberData(nameof(Matrix))]
    [Trait("Spec311", "MQTT-7.0.0-2")]
    public async Task Messages_arrive_in_order(string version, int qos)
    {
        await using var broker = await BrokerFixture.StartAsync();
        string[] common = ["-h", "127.0.0.1", "-p", Text(broker.Port()), "-V", version, "-q", Text(qos), "-t", "plant/a/b"];
        await using var sub = PeerProcess.Start("mosquitto_sub", [.. common, "-C", "100", "-F", "%q %r %p"]);
        await Eventually.TrueAsync(() => broker.Counters.Subscriptions == 1, () => sub.Output);
        var lines = string.Concat(Enumerable.Range(0, 100).Select(i => $"message {i}\n"));
        await using var pub = PeerProcess.Start("mosquitto_pub", [.. common, "-l"], lines);
        Assert.Equal(0, await pub.WaitForExitAsync());
        Assert.Equal(0, await sub.WaitForExitAsync());
        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => $"{qos} 0 message {i}"),
            sub.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [PeerTheory(Peer.MosquittoClients)]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task Retained_message_of_a_megabyte(string version)
    {
        await using var broker = await BrokerFixture.StartAsync();
        string[] common = ["-h", "127.0.0.1", "-p", Text(broker.Port()), "-V", version, "-q", "1"];
        var payload = new string('x', 1_000_000);
        await using var pub = PeerProcess.Start("mosquitto_pub", [.. common, "-t", "big", "-r", "-s"], payload);
        Assert.Equal(0, await pub.WaitForExitAsync());
        await using var sub = PeerProcess.Start("mosquitto_sub", [.. common, "-t", "#", "-C", "1", "-F", "%t %r %l"]);
        Assert.Equal(0, await sub.WaitForExitAsync());
        Assert.Equal("big 1 1000000\n", sub.Output);
    }

    [PeerFact(Peer.MosquittoClients)]
    public async Task Properties_of_5_0_and_the_Will_arrive()
    {
        await using var broker = await BrokerFixture.StartAsync();
        string[] common = ["-h", "127.0.0.1", "-p", Text(broker.Port()), "-V", "mqttv5"];
        await using var sub = PeerProcess.Start("mosquitto_sub", [.. common, "-t", "#", "-C", "2", "-F", "%t %C %R %D %P %p"]);
        await Eventually.TrueAsync(() => broker.Counters.Subscriptions == 1, () => sub.Output);
        await using var pub = PeerProcess.Start(
            "mosquitto_pub",
            [
                .. common, "-t", "a", "-m", "x",
                "-D", "publish", "content-type", "text/plain", "-D", "publish", "response-topic", "re",
                "-D", "publish", "correlation-data", "co", "-D", "publish", "user-property", "k", "v",
            ]);
        Assert.Equal(0, await pub.WaitForExitAsync());
        await using var dying = PeerProcess.Start("mosquitto_sub", [.. common, "-t", "none", "--will-topic", "gone", "--will-payload", "w"]);
        await Eventually.TrueAsync(() => broker.Counters.Subscriptions == 2, () => dying.Output);
        await dying.DisposeAsync();
        Assert.Equal(0, await sub.WaitForExitAsync());
        Assert.Equal(["a text/plain re co k:v x", "gone     w"], sub.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [PeerTheory(Peer.MosquittoClients)]
    [InlineData(ClientCertificatePolicy.None, false, true)]
    [InlineData(ClientCertificatePolicy.Required, true, true)]
    [InlineData(ClientCertificatePolicy.Required, false, false)]
    public async Task Tls_with_and_without_a_client_certificate(ClientCertificatePolicy policy, bool showsCertificate, bool isServed)
    {
        await using var broker = await EveryTransport.StartAsync((certificates, tls) => policy == ClientCertificatePolicy.None
            ? tls
            : tls with { ClientAuthorityFile = certificates.Authority, ClientCertificate = policy, UserNameFromCertificate = true });
        string[] common =
        [
            "-h", "localhost", "-p", Text(broker.Port("mqtts")), "--cafile", broker.Authority, "-q", "1", "-t", "tls",
            .. showsCertificate ? (string[])["--cert", broker.Certificates.Certificate("client"), "--key", broker.Certificates.Key("client")] : [],
        ];
        await using var pub = PeerProcess.Start("mosquitto_pub", [.. common, "-r", "-m", "secret"]);
        var exitCode = await pub.WaitForExitAsync();
        Assert.True((exitCode == 0) == isServed, pub.Output);
        if (isServed)
        {
            await using var sub = PeerProcess.Start("mosquitto_sub", [.. common, "-C", "1", "-F", "%t %p"]);
            Assert.True(await sub.WaitForExitAsync() == 0, sub.Output);
            Assert.Equal("tls secret\n", sub.Output);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
