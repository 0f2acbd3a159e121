using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.TestSupport;

namespace Gateway.Tests.Web;

/// <summary>Headers that strangers send to the page before they are logged in, byte by byte as they like.</summary>
public sealed class HeaderFuzzTests
{
    // No user may be in here: the right password would be a way in.
    private static readonly string[] Headers =
    [
        "Authorization: Basic YW5uOndyb25n", "Authorization: Basic OjoO", "Authorization: basic", "Authorization: Basic /////w==", "Authorization: Digest username=\"ann\"", "Authorization: Basic YW5u, Basic YW5uOg==",
        "Cookie: gateway-8080=AAAA; __Host-gateway-8080=\"x\"", "Cookie: gateway-8080=%00%ff; ;=;a", "Cookie: gateway-8080=" + "A;gateway-8080=B",
        "Origin: http://127.0.0.1:8080", "Origin: null", "Origin: http://[::1]:99999", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site",
        "X-Gateway-CSRF: AAAA", "Forwarded: for=\"[::1]\";host=localhost", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: ::1", "Accept-Encoding: gzip;q=x, *", "Range: bytes=9-1", "If-None-Match: \"x\", W/",
    ];

    private static readonly string[] Hosts = ["127.0.0.1", "localhost:8080", "[::1]:8080", "evil.example.org", "", "localhost:99999", "a b", "localhost@evil.example.org", "xn--", "[::1"];

    private static readonly string[] Requests =
    [
        "GET /api/status", "GET /metrics", "GET /api/session", "GET /", "GET /healthz", "POST /api/login", "POST /api/logout", "PUT /api/points?name=boiler.mode", "GET /api/live", "HEAD /api/log", "OPTIONS *", "TRACE /",
    ];

    // What strangers may see: the page's files there are none of.
    private static readonly string[] Open = ["/api/session", "/api/login", "/api/logout", "/healthz", "/readyz"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_gets_in_and_nothing_fails(bool needsLogIn)
    {
        await using var page = await PageFixture.StartAsync(needsLogIn);
        var random = new Random(needsLogIn ? 20261124 : 20261125);
        var answered = 0;
        for (var round = 0; round < 400 * Fuzz.Factor; round++)
        {
            var target = Requests[random.Next(Requests.Length)];
            var host = random.Next(2) == 0 ? Encoding.ASCII.GetBytes(Hosts[0]) : Damage(Hosts[random.Next(Hosts.Length)], random);
            byte[] request =
            [
                .. Encoding.ASCII.GetBytes($"{target} HTTP/1.1\r\nHost: "), .. host, .. "\r\n"u8,
                .. Enumerable.Range(0, random.Next(1, 5)).SelectMany(_ => (byte[])[.. Damage(Headers[random.Next(Headers.Length)], random), .. "\r\n"u8]),
                .. "Connection: close\r\nContent-Length: 2\r\n\r\n{}"u8,
            ];
            var status = await AskAsync(page.Http.BaseAddress!, request);
            answered += status is null ? 0 : 1;

            // 503: the made-up gateway polls nothing, or too many passwords are looked at.
            Assert.True(status is null or < 500 or 501 or 503 or 505, $"{status}: {Encoding.Latin1.GetString(request)}");
            var path = target.Split(' ')[1];
            Assert.True(!needsLogIn || Open.Contains(path) || status is null or >= 400, $"{status}: {Encoding.Latin1.GetString(request)}");
        }

        Assert.True(answered > 300 * Fuzz.Factor, $"{answered} answers are too few to show anything.");
        using var health = await page.Http.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.True(health.IsSuccessStatusCode);
    }

    // Without the ends of lines and of the text, which make other headers of it, and that is for .NET to read.
    private static byte[] Damage(string text, Random random) =>
        random.Next(3) == 0 ? Encoding.UTF8.GetBytes(text) : [.. Fuzz.Mutate(Encoding.UTF8.GetBytes(text), random).Select(each => each is (byte)'\r' or (byte)'\n' or 0 ? (byte)' ' : each)];

    // Null: it was closed without a word.
    private static async Task<int?> AskAsync(Uri server, byte[] request)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Parse(server.Host), server.Port, deadline.Token);
        var stream = client.GetStream();
        var answer = new byte[12];
        try
        {
            await stream.WriteAsync(request, deadline.Token);
            await stream.ReadExactlyAsync(answer, deadline.Token);
        }
        catch (IOException)
        {
            return null;
        }

        return int.Parse(Encoding.ASCII.GetString(answer)["HTTP/1.1 ".Length..], CultureInfo.InvariantCulture);
    }
}
