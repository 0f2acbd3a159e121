using System.Net;
using System.Text.Json;
using Gateway.Commands;
using Gateway.Hosting;
using Gateway.Web;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Web;

public sealed class StatusServerTests : IAsyncLifetime
{
    private readonly StubStatusSource _source = new();
    private readonly HttpClient _http = new();
    private StatusServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await StartAsync();
        _http.BaseAddress = new Uri(_server.Addresses.Single());
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task ServesThePageWithoutScriptsOrForeignContent()
    {
        using var response = await _http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("plant1", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("color-scheme", await _http.GetStringAsync(new Uri("/page.css", UriKind.Relative)), StringComparison.Ordinal);
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
                kestrel => kestrel.ListenUnixSocket(DataFolder.SocketPath(folder.FullName)), _source, TimeProvider.System, NullLoggerFactory.Instance, default);
            var status = await client.TryGetAsync("/api/status", StatusJson.Readable.GatewayStatus, default);

            Assert.Equivalent(Statuses.Plant, status);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Task<StatusServer> StartAsync(int port = 0) =>
        StatusServer.StartAsync(kestrel => kestrel.Listen(IPAddress.Loopback, port), _source, TimeProvider.System, NullLoggerFactory.Instance, default);
}
