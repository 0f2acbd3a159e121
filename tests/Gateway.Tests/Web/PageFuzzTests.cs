using System.Globalization;
using System.Text;
using Gateway.TestSupport;

namespace Gateway.Tests.Web;

/// <summary>Requests to the page's API that nobody's page makes.</summary>
public sealed class PageFuzzTests
{
    // None leads to another machine, however it is damaged: no host is named.
    private static readonly (string Path, string Body)[] Written =
    [
        ("/api/login", """{"user":"ann","password":"correct horse"}"""),
        ("/api/scan", """{"kind":"modbus","port":"/nowhere/tty","baud":"9600","parity":"none","units":"1-5,7","timeout":"1 s"}"""),
        ("/api/scan", """{"kind":"onewire"}"""),
        ("/api/probe", """{"port":"/nowhere/tty","unit":3,"table":"holding","address":0,"count":4,"timeout":"1 s"}"""),
        ("/api/setup", """{"site":"plant1","bus":{"keys":[["modbus","tcp"],["unit","10"]],"device":[["name","meter"],["profile","eastron/sdm630"]]},"write":false}"""),
        ("/api/points?name=boiler.mode", """{"value":"eco"}"""),
        ("/api/reload", "{}"),
        ("/api/logout", "{}"),
    ];

    private static readonly string[] Gets =
    [
        "/api/history?name=boiler.flow&from=2026-11-22T01:02:03Z&to=2026-11-23T01:02:03Z&buckets=400",
        "/api/history?name=$queue.depth&buckets=10",
        "/api/log?count=20",
        "/api/status?points=1",
        "/api/session",
        "/metrics",
        "/page/../../etc/passwd",
    ];

    /// <summary>Each is answered, none as a failure of the program, and the page is there afterwards.</summary>
    [Fact]
    public async Task Whatever_is_asked_it_is_answered_with_no_failure()
    {
        await using var page = await PageFixture.StartAsync();
        var token = await page.ReadTokenAsync();
        var random = new Random(20261123);
        for (var round = 0; round < 400 * Fuzz.Factor; round++)
        {
            using var answer = random.Next(3) == 0 ? await GetAsync() : await WriteAsync();

            // 503: the made-up gateway polls nothing.
            Assert.True((int)answer.StatusCode is < 500 or 503, $"{answer.RequestMessage}: {answer.StatusCode}");
        }

        using var status = await page.Http.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.True(status.IsSuccessStatusCode);

        async Task<HttpResponseMessage> WriteAsync()
        {
            var (path, body) = Written[random.Next(Written.Length)];
            using var request = new HttpRequestMessage(path.StartsWith("/api/points", StringComparison.Ordinal) ? HttpMethod.Put : HttpMethod.Post, path) { Content = new ByteArrayContent(Fuzz.Mutate(Encoding.UTF8.GetBytes(body), random)) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.Add("X-Gateway-CSRF", token);
            return await page.Http.SendAsync(request);
        }

        // Of what may stand in an address as it is.
        Task<HttpResponseMessage> GetAsync()
        {
            var damaged = Fuzz.Mutate(Encoding.ASCII.GetBytes(Gets[random.Next(Gets.Length)]), random);
            var address = string.Concat(damaged.Select(each => each is > 0x20 and < 0x7F and not (byte)'#' and not (byte)'\\' ? ((char)each).ToString() : "%" + each.ToString("X2", CultureInfo.InvariantCulture)));
            return page.Http.GetAsync(new Uri("/" + address.TrimStart('/'), UriKind.Relative));
        }
    }
}
