using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>Mosquitto's clients against <c>gateway broker</c>, and <c>gateway pub</c> and <c>sub</c> against mosquitto, byte for byte.</summary>
public sealed partial class ClientsTests
{
    public static TheoryData<int, string> Matrix()
    {
        var matrix = new TheoryData<int, string>();
        foreach (var version in new[] { "mqttv31", "mqttv311", "mqttv5" })
        {
            for (var qos = 0; qos <= 2; qos++)
            {
                matrix.Add(qos, version);
            }
        }

        return matrix;
    }

    [PeerTheory(Peer.MosquittoClients)]
    [MemberData(nameof(Matrix))]
    public async Task Mosquittos_clients_against_our_broker(int qos, string version)
    {
        await using var broker = GatewayProcess.Start("broker", "--listen", "mqtt://127.0.0.1:0");
        await broker.WaitForErrorAsync("MQTT listens on");
        var port = int.Parse(EndPoint().Match(broker.Error).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        await using var subscriber = await MosquittoSubscriber.StartAsync(port, "a/#", qos, "-V", version);

        await using var publisher = PeerProcess.Start(
            "mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{port}", "-V", version, "-q", $"{qos}", "-t", "a/b", "-l"], "one\ntwo\nthree\n");
        Assert.Equal(0, await publisher.WaitForExitAsync());
        await subscriber.WaitForAsync(3);

        Assert.Equal([$"a/b 0 {qos} one", $"a/b 0 {qos} two", $"a/b 0 {qos} three"], subscriber.Messages);
        Assert.Equal(0, await broker.StopAsync());
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [MemberData(nameof(Matrix))]
    public async Task Our_clients_against_mosquitto(int qos, string version)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var theirs = await broker.SubscribeAsync("a/#", qos, "-V", version);
        string[] connection = ["-h", "127.0.0.1", "-p", $"{broker.Port}", "-V", version, "-q", $"{qos}"];

        await using var publisher = GatewayProcess.Start(["pub", .. connection, "-t", "a/b", "-l"], null, null, "one\ntwo\nthree");
        Assert.Equal(0, await publisher.WaitForExitAsync());
        Assert.Equal((0, "", ""), await GatewayProcess.RunAsync(["pub", .. connection, "-t", "a/kept", "-m", "°C", "-r"]));
        Assert.Equal((0, "", ""), await GatewayProcess.RunAsync(["pub", .. connection, "-t", "a/empty", "-n"]));
        await theirs.WaitForAsync(5);
        Assert.Equal([$"a/b 0 {qos} one", $"a/b 0 {qos} two", $"a/b 0 {qos} three", $"a/kept 0 {qos} °C", $"a/empty 0 {qos} "], theirs.Messages);

        var (exitCode, output, error) = await GatewayProcess.RunAsync(["sub", .. connection, "-t", "a/+", "-v", "-C", "1", "-W", "30"]);
        Assert.Equal((0, "a/kept °C\n", ""), (exitCode, output, error));
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("-C 3")]
    [InlineData("-v -C 3")]
    [InlineData("-N -C 3")]
    [InlineData("-v -N -C 3")]
    [InlineData("-v -C 2 -T a/2")]
    [InlineData("-v -C 3 --retained-only")]
    public async Task Our_sub_prints_what_mosquitto_sub_prints(string flags)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        foreach (var (topic, payload) in new[] { ("a/1", "one"), ("a/2", "two words"), ("a/3", "drei °C") })
        {
            await broker.PublishAsync(topic, payload, "-r");
        }

        string[] arguments = ["-h", "127.0.0.1", "-p", $"{broker.Port}", "-t", "a/#", "-W", "30", .. flags.Split(' ')];
        await using var theirs = PeerProcess.Start("mosquitto_sub", arguments);
        await using var ours = GatewayProcess.Start(["sub", .. arguments]);

        Assert.Equal(0, await theirs.WaitForExitAsync());
        Assert.Equal(0, await ours.WaitForExitAsync());
        Assert.Equal(theirs.Output, ours.Output);
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task A_timeout_is_exit_code_1()
    {
        await using var broker = await MosquittoBroker.StartAsync();

        var (exitCode, output, error) = await GatewayProcess.RunAsync("sub", "-p", $"{broker.Port}", "-t", "a", "-W", "1");

        Assert.Equal((1, "", "gateway: timed out after 1 s with 0 messages\n"), (exitCode, output, error));
    }

    [GeneratedRegex(@"\(127\.0\.0\.1:(\d+)\)")]
    private static partial Regex EndPoint();
}
