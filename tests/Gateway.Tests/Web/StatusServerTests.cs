using System.Net;
using System.Text.Json;
using Gateway.Commands;
using Gateway.Hosting;
using Gateway.Runtime.Configuration;
using Gateway.Web;
using Gateway.Web.Live;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Web;

public sealed class StatusServerTests : IAsyncLifetime
{
    private readonly StubStatusSource _source = new();
    private readonly HttpClient _http = new();
    private Dashboard _dashboard = null!;
    private StatusServer _server = null!;

    public async Task InitializeAsync()
    {
        _dashboard = PageFixture.Create(new WebOptions { Listen = [] }, _source, new LogRing(TimeProvider.System), TimeProvider.System);
        _server = await StartAsync();
        _http.BaseAddress = new Uri(_server.Addresses.Single());
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        await _dashboard.DisposeAsync();
    }

    [Fact]
    public async Task ServesThePageWithoutForeignContent()
    {
        using var response = await _http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("//", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("color-scheme", await _http.GetStringAsync(new Uri("/app.css", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Contains("api/live", await _http.GetStringAsync(new Uri("/app.js", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServesTheStatusAsJson()
    {
        using var status = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/api/status", UriKind.Relative)));

        Assert.Equal("plant1", status.RootElement.GetProperty("site").GetString());
        Assert.Equal("21.5", status.RootElement.GetProperty("buses")[0].GetProperty("devices")[0].GetProperty("points")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task HealthFollowsTheDataPath()
    {
        using var healthy = await _http.GetAsync(new Uri("/healthz", UriKind.Relative));
        _source.IsHealthy = false;
        using var hanging = await _http.GetAsync(new Uri("/healthz", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, hanging.StatusCode);
    }

    [Fact]
    public async Task Readiness_has_its_reasons()
    {
        Assert.Equal("ok\n", await _http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));
        _source.Hindrances = ["gateway.yaml:1:1: error: unknown key", "another"];
        using var hindered = await _http.GetAsync(new Uri("/readyz", UriKind.Relative));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, hindered.StatusCode);
        Assert.Equal("gateway.yaml:1:1: error: unknown key\nanother\n", await hindered.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnswersToItsOwnNamesOnly()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/status");
        request.Headers.Host = "rebound.example";

        using var response = await _http.SendAsync(request);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
    }

    [Fact]
    public async Task ATakenPortIsAnIOException()
    {
        var port = _http.BaseAddress!.Port;

        await Assert.ThrowsAsync<IOException>(() => StartAsync(port));
    }

    [Fact]
    public async Task TheCommandLineReadsItThroughASocket()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-");
        try
        {
            using var client = new ServiceClient(folder.FullName);
            Assert.Null(await client.TryGetAsync("/api/status", StatusJson.Readable.GatewayStatus, default));

            await using var server = await StatusServer.StartAsync(
                kestrel => kestrel.ListenUnixSocket(DataFolder.SocketPath(folder.FullName)), _source, NullLoggerFactory.Instance, default);
            var status = await client.TryGetAsync("/api/status", StatusJson.Readable.GatewayStatus, default);

            Assert.Equivalent(Statuses.Plant, status);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Task<StatusServer> StartAsync(int port = 0) => StatusServer.StartPageAsync(
        kestrel => kestrel.Listen(IPAddress.Loopback, port), _dashboard, needsLogIn: false, assets: null, NullLoggerFactory.Instance, default);
}
