using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Mqtt.Broker.Access;
using Gateway.Tests.Web;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>The page's API of a service as it is installed.</summary>
public sealed class PageTests
{
    private const string Plant = "bus: { simulated: true }\ndevices: [{ name: boiler, every: 100 ms, points: { flow: { unit: °C, simulate: \"sine(18, 24, 30 s)\" }, back: { simulate: \"sine(1, 2, 30 s)\" } } }]\n";

    [Theory]
    [InlineData("queue: { max-age: 30 }", Plant, "gateway.yaml:5")]
    [InlineData("", "bus: { simulated: true }\ndevices: [{ name: boiler, evry: 1 s }]\n", "boiler.yaml:2")]
    public async Task Is_where_the_configuration_says_and_tells_what_is_wrong_with_it(string more, string map, string place)
    {
        using var folder = new GatewayFolder();
        folder.Configure(more);
        folder.WriteMap("boiler.yaml", map);
        await using var gateway = folder.Run();
        using var http = await OpenAsync(folder);

        var status = await ReadAsync(http, "/api/status");
        var maps = await ReadAsync(http, "/api/maps");
        using var points = await http.GetAsync(new Uri("/api/points", UriKind.Relative));

        Assert.Contains(status.GetProperty("problems").EnumerateArray(), problem => problem.GetString()!.Contains(place, StringComparison.Ordinal));
        Assert.Contains(maps.EnumerateArray(), text => text.GetProperty("problems").GetArrayLength() > 0 && !text.GetProperty("isRunning").GetBoolean());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, points.StatusCode);
    }

    [Fact]
    public async Task Has_live_values_their_history_and_the_texts_that_run()
    {
        using var folder = new GatewayFolder();
        folder.Configure();
        folder.WriteMap("boiler.yaml", Plant);
        await using var gateway = folder.Run();
        using var http = await OpenAsync(folder);

        await using var live = await EventStream.OpenAsync(http);
        JsonElement point;
        do
        {
            var all = await live.ReadAsync("all");
            point = all.EnumerateArray().FirstOrDefault();
        }
        while (point.ValueKind == JsonValueKind.Undefined);
        await live.ReadAsync("points");
        JsonElement history = default;
        await Eventually.TrueAsync(async () => (history = await ReadAsync(http, "/api/history?name=boiler.flow")).GetProperty("times").GetArrayLength() > 0);
        var maps = await ReadAsync(http, "/api/maps");

        Assert.Equal("flow", point.GetProperty("point").GetString());
        Assert.Equal("°C", history.GetProperty("unit").GetString());
        Assert.All(maps.EnumerateArray(), text => Assert.True(text.GetProperty("isRunning").GetBoolean()));
        foreach (var (query, status) in new[] { ("name=boiler", 400), ("name=nobody.flow", 404), ("name=boiler.flow&buckets=1", 400), ("name=boiler.flow&from=x", 400), ("name=$queue.depth", 200) })
        {
            using var response = await http.GetAsync(new Uri($"/api/history?{query}", UriKind.Relative));
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task A_line_that_is_polled_is_scanned_without_being_opened_again()
    {
        await using var device = new FewWordsDevice(new() { [(3, 3)] = FewWordsDevice.Ones, [(11, 3)] = FewWordsDevice.Ones }, 3, 11);
        var endPoint = IPEndPoint.Parse(device.Host);
        using var folder = new GatewayFolder();
        folder.Configure();
        folder.WriteMap("meter.yaml", $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {endPoint.Port}, timeout: 20 s }}\ndevices: [{{ name: meter, unit: 3, every: 1 s, points: {{ a: {{ holding: 0 }} }} }}]\n");
        await using var gateway = folder.Run();
        using var http = await OpenAsync(folder);
        await Eventually.TrueAsync(() => device.WasAsked(3));

        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/scan")
        {
            Content = JsonContent.Create(new { kind = "modbus", host = device.Host, units = "3,11" }),
        };
        request.Headers.Add("X-Gateway-CSRF", (await ReadAsync(http, "/api/session")).GetProperty("csrf").GetString());
        using var response = await http.SendAsync(request);
        var lines = await response.Content.ReadAsStringAsync();

        Assert.Contains("\"found\":2", lines, StringComparison.Ordinal);
        Assert.Equal(1, device.Connections);
    }

    [Fact]
    public async Task Over_https_from_other_machines_one_logs_in()
    {
        using var certificates = new TestCertificates();
        using var folder = new GatewayFolder();
        await ConfigureHttpsAsync(folder, certificates);
        await using var gateway = folder.Run();
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.Subject == "CN=server" };
        using var http = await OpenAsync(folder, handler, "https");

        using var before = await http.GetAsync(new Uri("/api/status", UriKind.Relative));
        using var login = await http.PostAsJsonAsync(new Uri("/api/login", UriKind.Relative), new { user = "ann", password = "correct horse" });
        using var after = await http.GetAsync(new Uri("/api/status", UriKind.Relative));

        using var named = new HttpRequestMessage(HttpMethod.Get, "/healthz");
        named.Headers.Host = "pi.example";
        using var byName = await http.SendAsync(named);

        Assert.Equal(HttpStatusCode.OK, byName.StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, before.StatusCode);
        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("__Host-gateway", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.False(File.Exists(Path.Combine(folder.DataFolder, "history.db")));
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_the_next_who_comes_and_nobody_is_logged_out()
    {
        using var certificates = new TestCertificates();
        using var folder = new GatewayFolder();
        await ConfigureHttpsAsync(folder, certificates);
        await using var gateway = folder.Run();
        ConcurrentQueue<string> shown = [];
        using var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }; // each request is somebody who comes
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            shown.Enqueue(certificate!.GetSerialNumberString());
            return certificate.Subject == "CN=server";
        };
        using var http = await OpenAsync(folder, handler, "https");
        using var login = await http.PostAsJsonAsync(new Uri("/api/login", UriKind.Relative), new { user = "ann", password = "correct horse" });
        var first = shown.Last();

        certificates.Renew("server");
        await Eventually.TrueAsync(async () =>
        {
            using var status = await http.GetAsync(new Uri("/api/status", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, status.StatusCode);
            return shown.Last() != first;
        });

        Assert.Equal(2, shown.Distinct().Count());
    }

    private static Task ConfigureHttpsAsync(GatewayFolder folder, TestCertificates certificates)
    {
        var users = Path.Combine(folder.Path, "users");
        UsersFile.Set(users, "ann", "correct horse");
        return File.WriteAllTextAsync(folder.ConfigurationPath, $$"""
            data: data
            broker: { listen: [] }
            web: { listen: "https://0.0.0.0:{{folder.WebPort}}", users: {{users}}, certificate: {{certificates.Certificate("server")}}, key: {{certificates.Key("server")}}, history: off }
            """);
    }

    private static async Task<HttpClient> OpenAsync(GatewayFolder folder, HttpMessageHandler? handler = null, string scheme = "http")
    {
        var http = new HttpClient(handler ?? new SocketsHttpHandler()) { BaseAddress = new Uri($"{scheme}://127.0.0.1:{folder.WebPort}") };
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                using var response = await http.GetAsync(new Uri("/healthz", UriKind.Relative));
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return http;
    }

    private static async Task<JsonElement> ReadAsync(HttpClient http, string path) =>
        JsonDocument.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;
}
