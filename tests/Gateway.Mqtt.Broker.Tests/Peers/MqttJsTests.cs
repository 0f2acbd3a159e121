using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>Against MQTT.js on Node: messages of each QoS, a retained one, a persistent session, a Will, the properties of 5.0.</summary>
public sealed class MqttJsTests(ITestOutputHelper output)
{
    [PeerTheory(Peer.MqttJs)]
    [InlineData("mqtt", 4)]
    [InlineData("mqtt", 5)]
    [InlineData("mqtts", 4)]
    [InlineData("mqtts", 5)]
    [InlineData("ws", 4)]
    [InlineData("ws", 5)]
    [InlineData("wss", 4)]
    [InlineData("wss", 5)]
    public async Task Conversation(string scheme, int version)
    {
        await using var broker = await EveryTransport.StartAsync();
        await using var node = PeerProcess.Start(
            "node",
            [JavaScript.Locate("mqttjs.mjs"), broker.Address(scheme).ToString(), version.ToString(CultureInfo.InvariantCulture), broker.Authority]);
        var exitCode = await node.WaitForExitAsync();
        output.WriteLine(node.Output);
        Assert.True(exitCode == 0, node.Output);
        Assert.EndsWith("done\n", node.Output, StringComparison.Ordinal);
    }
}
