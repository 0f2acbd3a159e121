using System.Text;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>Server References that a broker makes up: none leads where it may not, by another transport, or to an exception.</summary>
public sealed class ServerRouteFuzzTests
{
    private static readonly string[] References =
    [
        "other.example.org", "a.b.example.net:1884", "10.10.151.22:8883 [fe80::9610:3eff:fe1c]:1884", "fe80::1%eth0", "[::ffff:10.0.0.1]", "home.example.org:1883 second.example.org:1884",
        "mqtt://user:password@evil.example.org/x?y#z", "evil.example.org#.example.net", "evil.example.org\\.example.net", "evil.example.org/.example.net", "*.example.net", "bücher.example.net:99",
        "xn--bcher-kva.example.net", "0x7f.1:1883", "other.example.org.", "a..example.net", "[::1]:65536", "[::1]:+1", ":", "[]:1", "other.example.org:00001883",
    ];

    private static readonly Uri[] Configured =
    [
        new("mqtt://home.example.org:1883"), new("mqtts://second.example.org:1884"), new("wss://home.example.org:443/mqtt?x=%20"), new("unix:/run/broker.sock"), new("ws://[::1]:80/"),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void None_leads_elsewhere(int seed)
    {
        var random = new Random(seed);
        var followed = 0;
        for (var round = 0; round < 5_000 * Fuzz.Factor; round++)
        {
            var from = Configured[random.Next(Configured.Length)];
            var isOpen = random.Next(4) == 0;
            var route = new ServerRoute(Configured, isOpen ? ["*"] : ["other.example.org", "*.example.net"]);
            var text = Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, random.Next(1, 4)).Select(_ => References[random.Next(References.Length)])));
            var reference = Encoding.UTF8.GetString(random.Next(4) == 0 ? text : Fuzz.Mutate(text, random));

            followed += route.TryFollow(from, random.Next(2) == 0 ? ReasonCode.UseAnotherServer : ReasonCode.ServerMoved, reference) ? 1 : 0;

            Assert.True(route.Servers.Count <= Configured.Length + (reference.Length / 2) + 1);
            foreach (var server in route.Servers.Except(Configured))
            {
                Assert.Equal((from.Scheme, from.PathAndQuery, "", ""), (server.Scheme, server.PathAndQuery, server.UserInfo, server.Fragment));
                Assert.InRange(server.Port, 0, 65535);
                Assert.True(
                    isOpen || server.IdnHost == "other.example.org" || server.IdnHost.EndsWith(".example.net", StringComparison.Ordinal),
                    $"'{reference}' leads to {server}");
            }
        }

        Assert.True(followed > 1_000 * Fuzz.Factor, $"{followed} references are too few to show anything.");
    }
}
