using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>Against paho-mqtt for Python (1.6) over every transport.</summary>
public sealed class PahoTests(ITestOutputHelper output)
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Peers", "paho_session.py");

    [PeerTheory(Peer.Paho)]
    [InlineData("mqtt", "v311", 1)]
    [InlineData("mqtt", "v311", 2)]
    [InlineData("mqtt", "v5", 1)]
    [InlineData("mqtt", "v5", 2)]
    [InlineData("mqtts", "v311", 2)]
    [InlineData("mqtts", "v5", 2)]
    [InlineData("ws", "v311", 2)]
    [InlineData("ws", "v5", 2)]
    [InlineData("wss", "v5", 2)]
    public async Task Persistent_session_gets_what_it_missed_once_and_in_order(string scheme, string version, int qos)
    {
        await using var broker = await EveryTransport.StartAsync();
        await using var paho = PeerProcess.Start(
            Peer.Python,
            [
                Script, scheme, broker.Port(scheme).ToString(CultureInfo.InvariantCulture), version, qos.ToString(CultureInfo.InvariantCulture), "500",
                broker.Authority,
            ]);
        Assert.True(await paho.WaitForExitAsync() == 0, paho.Output);
        output.WriteLine(paho.Output);
        Assert.EndsWith("session present: 1\nreceived 500 in order\n", paho.Output, StringComparison.Ordinal);
    }
}
