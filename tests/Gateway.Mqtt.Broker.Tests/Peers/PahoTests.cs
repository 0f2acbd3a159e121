using System.Globalization;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>Against paho-mqtt for Python (1.6).</summary>
public sealed class PahoTests
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Peers", "paho_session.py");

    [PeerTheory(Peer.Paho)]
    [InlineData("v311", 1)]
    [InlineData("v311", 2)]
    [InlineData("v5", 1)]
    [InlineData("v5", 2)]
    public async Task Persistent_session_gets_what_it_missed_once_and_in_order(string version, int qos)
    {
        await using var broker = await BrokerFixture.StartAsync();
        await using var paho = PeerProcess.Start(
            Peer.Python,
            [Script, broker.Port().ToString(CultureInfo.InvariantCulture), version, qos.ToString(CultureInfo.InvariantCulture), "500"]);
        Assert.True(await paho.WaitForExitAsync() == 0, paho.Output);
        Assert.Equal("session present: 1\nreceived 500 in order\n", paho.Output);
    }
}
