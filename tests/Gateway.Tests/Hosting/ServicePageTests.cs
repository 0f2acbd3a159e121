using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Commands;
using Gateway.Hosting;
using Gateway.Mqtt.Broker.Access;
using Gateway.TestSupport;
using Gateway.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

/// <summary>The page of a service whose configuration, or whose users file, is not as it should be.</summary>
public sealed class ServicePageTests : IAsyncLifetime
{
    private const string BrokenMap = "bus: { simulated: true }\ndevices: [{ name: boiler, evry: 1 s }]\n";

    private readonly GatewayFolder _folder = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _http;
    private IHost? _host;
    private Task _running = Task.CompletedTask;

    public ServicePageTests() => _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_folder.WebPort}") };

    private string Users => Path.Combine(_folder.Path, "users");

    private GatewayService Service => _host!.Services.GetRequiredService<GatewayService>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _host?.Dispose();
        _http.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("web: { user: users, listen: \"http://127.0.0.1:{0}\" }")]
    [InlineData("web: { users: users, listen: { port: 8080 } }")]
    [InlineData("web: { users: [a, b], listen: \"http://127.0.0.1:{0}\" }")]
    [InlineData("web: users")]
    [InlineData("wbe: { users: users, listen: \"http://127.0.0.1:{0}\" }")]
    [InlineData("web: { users: users, listen: \"http://127.0.0.1:{0}\"")]
    public async Task Where_it_is_not_known_who_may_see_it_it_tells_what_is_wrong_only(string web)
    {
        UsersFile.Set(Users, "ann", "correct horse");
        Configure(web.Replace("{0}", $"{_folder.WebPort}", StringComparison.Ordinal));
        await StartAsync();

        await Eventually.TrueAsync(async () => await ReadAsync("/") is (HttpStatusCode.ServiceUnavailable, var text) && text.Contains("gateway.yaml:", StringComparison.Ordinal));
        foreach (var path in new[] { "/api/status", "/api/maps", "/api/log", "/api/session", "/metrics" })
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ReadAsync(path)).Status);
        }

        Assert.Equal((HttpStatusCode.OK, "ok\n"), await ReadAsync("/healthz"));
        Configure($"web: {{ users: users, listen: \"http://127.0.0.1:{_folder.WebPort}\" }}");
        await Eventually.TrueAsync(async () => (await ReadAsync("/api/status")).Status == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_page_that_makes_the_first_configuration_closes_with_it_even_if_that_is_damaged()
    {
        await StartAsync();
        await Eventually.TrueAsync(async () => await ReadAsync("/api/setup") is (HttpStatusCode.OK, var text) && text.Contains("true", StringComparison.Ordinal));

        Configure("web: { user: users }");

        await Eventually.TrueAsync(async () => (await ReadAsync("/api/setup")).Status == HttpStatusCode.ServiceUnavailable);
    }

    [Theory]
    [InlineData("web: { users: users, listen: \"http://127.0.0.1:{0}\" }", HttpStatusCode.Unauthorized)]
    [InlineData("broker: { listen: [], users: users }\nweb: { listen: \"http://127.0.0.1:{0}\" }", HttpStatusCode.OK)]
    public async Task A_damaged_users_file_is_named_and_taken_up_when_it_is_mended(string web, HttpStatusCode mended)
    {
        await File.WriteAllTextAsync(Users, "ann\n");
        Configure(web.Replace("{0}", $"{_folder.WebPort}", StringComparison.Ordinal));
        await StartAsync();

        await Eventually.TrueAsync(async () => await ReadAsync("/") is (HttpStatusCode.ServiceUnavailable, var text) && text.Contains("users:1: expected user:hash", StringComparison.Ordinal));
        Assert.Single(Service.GetStatus().Problems);
        File.Delete(Users);
        UsersFile.Set(Users, "ann", "correct horse");

        await Eventually.TrueAsync(async () => (await ReadAsync("/api/status")).Status == mended);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_changed_password_ends_sessions_though_something_else_is_wrong(bool ranBefore)
    {
        UsersFile.Set(Users, "ann", "correct horse");
        Configure($"web: {{ users: users, listen: \"http://127.0.0.1:{_folder.WebPort}\" }}");
        if (!ranBefore)
        {
            _folder.WriteMap("boiler.yaml", BrokenMap);
        }

        await StartAsync();
        _folder.WriteMap("boiler.yaml", BrokenMap);
        await Eventually.TrueAsync(() => Service.GetStatus().Problems.Count > 0 && Service.PageAddresses.Count > 0);
        Assert.Equal(HttpStatusCode.OK, await LogInAsync("correct horse"));
        Assert.Equal(HttpStatusCode.OK, (await ReadAsync("/api/status")).Status);

        UsersFile.Set(Users, "ann", "battery staple");

        await Eventually.TrueAsync(async () => (await ReadAsync("/api/status")).Status == HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.Unauthorized, await LogInAsync("correct horse"));
        Assert.Equal(HttpStatusCode.OK, await LogInAsync("battery staple"));
    }

    [Theory]
    [InlineData("1 MB")]
    [InlineData("off")]
    public async Task Another_room_for_what_values_were_ends_no_session_and_no_connection(string history)
    {
        UsersFile.Set(Users, "ann", "correct horse");
        _folder.WriteMap("plant.yaml", "bus: { simulated: true }\ndevices: [{ name: boiler, every: 50 ms, points: { flow: { simulate: constant(7) } } }]\n");
        var web = $"web: {{ users: users, listen: \"http://127.0.0.1:{_folder.WebPort}\", history: 2 MB }}";
        Configure(web);
        await StartAsync();
        await Eventually.TrueAsync(() => Service.PageAddresses.Count > 0);
        Assert.Equal(HttpStatusCode.OK, await LogInAsync("correct horse"));
        await Eventually.TrueAsync(async () => (await ReadAsync("/api/history?name=boiler.flow")).Text.Contains("\"mean\":[7", StringComparison.Ordinal));
        var live = await _http.GetStreamAsync(new Uri("/api/live", UriKind.Relative));
        await using (live)
        {
            Configure(web.Replace("2 MB", history, StringComparison.Ordinal));
            await Service.ReloadAsync(CancellationToken.None);

            Assert.Equal(HttpStatusCode.OK, (await ReadAsync("/api/status")).Status);
            Assert.Contains("\"mean\":[7", (await ReadAsync("/api/history?name=boiler.flow")).Text, StringComparison.Ordinal);
            Assert.Empty(Service.GetStatus().Problems);
            Assert.NotEqual(0, await live.ReadAsync(new byte[1]));
        }
    }

    // Over the old one by a rename, as editors save: no reader sees half of it.
    [Fact]
    public async Task Who_logs_in_and_who_writes_is_in_the_log_and_log_ins_are_counted()
    {
        UsersFile.Set(Users, "ann", "correct horse");
        _folder.WriteMap("plant.yaml", "bus: { simulated: true }\ndevices: [{ name: boiler, points: { mode: { write: true, simulate: constant(1) } } }]\n");
        Configure($"web: {{ users: users, listen: \"http://127.0.0.1:{_folder.WebPort}\" }}");
        await StartAsync(LogLevel.Information);
        await Eventually.TrueAsync(() => Task.FromResult(Service.Points is not null));

        Assert.Equal(HttpStatusCode.Unauthorized, await LogInAsync("wrong"));
        Assert.Equal(HttpStatusCode.OK, await LogInAsync("correct horse"));
        var session = await _http.GetFromJsonAsync<JsonElement>(new Uri("/api/session", UriKind.Relative));
        using (var request = new HttpRequestMessage(HttpMethod.Put, new Uri("/api/points?name=boiler.mode", UriKind.Relative)) { Content = new StringContent("7") })
        {
            request.Headers.Add("X-Gateway-CSRF", session.GetProperty("csrf").GetString());
            using var answer = await _http.SendAsync(request);
        }

        using var commandLine = new ServiceClient(_folder.DataFolder);
        await commandLine.TryPutAsync("/api/points?name=boiler.mode", "8", StatusJson.Readable.IReadOnlyListPointReading, CancellationToken.None);

        var log = (await ReadAsync("/api/log")).Text;
        Assert.Contains("A log-in of ann to the page from 127.0.0.1 failed: no such user, or the password is wrong", log, StringComparison.Ordinal);
        Assert.Contains("ann logged in to the page from 127.0.0.1", log, StringComparison.Ordinal);
        Assert.Contains("boiler.mode: wrote 7 for ann at the page from 127.0.0.1", log, StringComparison.Ordinal);
        Assert.Contains("boiler.mode: wrote 8 for the command line", log, StringComparison.Ordinal);
        var metrics = (await ReadAsync("/metrics")).Text;
        Assert.Contains("gateway_page_logins_total{outcome=\"accepted\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_page_logins_total{outcome=\"wrong\"} 1\n", metrics, StringComparison.Ordinal);
    }

    private void Configure(string web)
    {
        var broker = web.Contains("broker:", StringComparison.Ordinal) ? "" : "broker: { listen: [] }\n";
        File.WriteAllText(_folder.ConfigurationPath + ".new", $"data: data\ndevicemaps: [devicemaps]\n{broker}{web}\n");
        File.Move(_folder.ConfigurationPath + ".new", _folder.ConfigurationPath, overwrite: true);
    }

    private async Task StartAsync(LogLevel level = LogLevel.None)
    {
        var options = new GatewayServiceOptions
        {
            ConfigurationPath = _folder.ConfigurationPath,
            Drivers = InstalledPlugins.CreateDrivers(),
            DefaultPage = _http.BaseAddress!,
            ReloadsOnHangUp = false,
        };
        _host = GatewayHost.Create(options, level);
        _running = GatewayHost.RunAsync(_host, _stopping.Token);
        await Service.Readied;
    }

    private async Task<(HttpStatusCode Status, string Text)> ReadAsync(string path)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
            return (0, ""); // it opens anew
        }
    }

    private async Task<HttpStatusCode> LogInAsync(string password)
    {
        using var response = await _http.PostAsJsonAsync(new Uri("/api/login", UriKind.Relative), new { user = "ann", password });
        return response.StatusCode;
    }
}
