using System.Text;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Listeners;

/// <summary>Origin and Host as no browser sends them: none throws, and no other page's origin is let in.</summary>
public sealed class WebOriginFuzzTests
{
    private static readonly string[] Origins =
    [
        "http://evil.example.org", "https://evil.example.org:8443", "null", "http://gateway.example.org.evil.example.org", "http://gateway.example.org@evil.example.org", "http://evil.example.org#gateway.example.org",
        "http://evil.example.org\\@gateway.example.org", "file:///etc/passwd", "http://localhost.evil.example.org", "http://xn--evil-gateway", "http://[::1%25eth0]", "http://127.0.0.1.evil.example.org",
        "https://bücher.example.org", "http://", "javascript:alert(1)", "chrome-extension://abcdef", "http://evil.example.org:99999", "http://[fe80::1%eth0]:80",
    ];

    private static readonly string[] Hosts = ["gateway.example.org", "127.0.0.1", "localhost", "[::1]", "192.0.2.7", "", "[", "[::1", "a b", "gateway.example.org:1", "xn--"];

    private static readonly string[] Allowed = ["https://app.example.org", "http://app.example.org:8080/"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_other_page_is_let_in(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 10_000 * Fuzz.Factor; round++)
        {
            var origin = Damage(Origins[random.Next(Origins.Length)], random);
            var host = Damage(Hosts[random.Next(Hosts.Length)], random);
            var isAllowed = WebOrigin.IsAllowed(origin, host, Allowed, isAnonymous: random.Next(2) == 0);
            _ = WebOrigin.Check(origin);

            // Read without Uri: what stands between the slashes and the port, behind whoever it says to be.
            Assert.True(!isAllowed || !HostOf(origin).EndsWith("evil.example.org", StringComparison.OrdinalIgnoreCase) || string.Equals(HostOf(origin), host, StringComparison.OrdinalIgnoreCase), $"'{origin}' is let in at '{host}'");
        }
    }

    private static string Damage(string text, Random random) =>
        random.Next(3) == 0 ? text : Encoding.Latin1.GetString(Fuzz.Mutate(Encoding.UTF8.GetBytes(text), random));

    private static string HostOf(string origin)
    {
        var authority = origin[(origin.IndexOf("//", StringComparison.Ordinal) is var at and >= 0 ? at + 2 : 0)..].Split('/', '\\', '?', '#')[0];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        return authority.LastIndexOf(':') is var colon and > 0 && authority.IndexOf(':', StringComparison.Ordinal) == colon ? authority[..colon] : authority;
    }
}
