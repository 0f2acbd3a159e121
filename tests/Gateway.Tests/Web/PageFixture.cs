using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Drivers.Modbus;
using Gateway.Hosting;
using Gateway.Runtime.Configuration;
using Gateway.Web;
using Gateway.Web.Access;
using Gateway.Web.History;
using Gateway.Web.Live;
using Gateway.Web.Maps;
using Gateway.Web.Scans;
using Gateway.Web.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Web;

/// <summary>The page of a made-up gateway on a real Kestrel of its own.</summary>
internal sealed class PageFixture : IAsyncDisposable
{
    public const string User = "ann";
    public const string Password = "correct horse";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("page-");
    private readonly Dashboard _dashboard;
    private StatusServer _server = null!;
    private bool _isStopped;

    private PageFixture(TimeProvider timeProvider)
    {
        SetPassword(Password);
        ConfigurationPath = Path.Combine(_folder.FullName, "gateway.yaml");
        _dashboard = Create(new WebOptions { Listen = [], UsersFile = UsersFile, HistoryBytes = 0 }, Source, Log, timeProvider, ConfigurationPath, new Lines(this));
    }

    /// <summary>Where the configuration would be.</summary>
    public string ConfigurationPath { get; }

    /// <summary>The port of a Modbus TCP device that all serial lines are said to lead to, by way of the service; null: the service has none open.</summary>
    public int? SharedPort { get; set; }

    public StubStatusSource Source { get; } = new();

    public LogRing Log { get; } = new(TimeProvider.System);

    /// <summary>Keeps cookies.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });

    public Dashboard Dashboard => _dashboard;

    /// <summary>A dashboard whose parts know no more than it is given.</summary>
    public static Dashboard Create(
        WebOptions options, StubStatusSource source, LogRing log, TimeProvider timeProvider, string configurationPath = "/nowhere/gateway.yaml", ISharedLines? lines = null)
    {
        var drivers = InstalledPlugins.CreateDrivers();
        return new Dashboard(options, source, log, new LoginAudit(timeProvider, NullLogger.Instance), timeProvider)
        {
            Trends = new Trends(source, store: null, timeProvider, NullLogger.Instance),
            Texts = new SourceTexts(new ConfigurationReader(drivers), configurationPath, () => null),
            Scans = new ScanDesk(lines ?? new NoLines(), timeProvider),
            Setup = new SetupGuide(drivers, configurationPath, DataFolder.Default, () => source.Status.Buses.Count > 0),
        };
    }

    public string UsersFile => Path.Combine(_folder.FullName, "users");

    /// <summary>Starts it.</summary>
    /// <param name="needsLogIn">Whether one has to log in.</param>
    /// <param name="timeProvider">The clock; null: the real one.</param>
    /// <param name="files">The files of the page.</param>
    public static async Task<PageFixture> StartAsync(bool needsLogIn = false, TimeProvider? timeProvider = null, params (string Name, byte[] Content)[] files)
    {
        var page = new PageFixture(timeProvider ?? TimeProvider.System);
        var assets = new PageAssets(files.Select(file => file.Name), name => new MemoryStream(files.First(file => file.Name == name).Content));
        page._server = await StatusServer.StartPageAsync(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0), page._dashboard, needsLogIn, assets, NullLoggerFactory.Instance, default);
        page.Http.BaseAddress = new Uri(page._server.Addresses.Single());
        return page;
    }

    /// <summary>Gives the user a password, in the file alone.</summary>
    public void SetPassword(string password) => Mqtt.Broker.Access.UsersFile.Set(UsersFile, User, password);

    /// <summary>A request of the page's own.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, string? csrf = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        }

        if (csrf is not null)
        {
            request.Headers.Add("X-Gateway-CSRF", csrf);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> LogInAsync(string user = User, string password = Password) =>
        SendAsync(HttpMethod.Post, "/api/login", JsonSerializer.Serialize(new { user, password }));

    /// <summary>The token of the session; null: there is none.</summary>
    public async Task<string?> ReadTokenAsync()
    {
        using var session = JsonDocument.Parse(await Http.GetStringAsync(new Uri("/api/session", UriKind.Relative)));
        return session.RootElement.GetProperty("csrf").GetString();
    }

    /// <summary>Stops the server, as a service that ends does.</summary>
    public ValueTask StopAsync()
    {
        _isStopped = true;
        return _server.DisposeAsync();
    }

    public static async Task<string> ReadErrorAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString()!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_isStopped)
        {
            await StopAsync();
        }

        await _dashboard.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private sealed class NoLines : ISharedLines
    {
        public SharedLine? Open(ModbusTarget line, out string? refusal)
        {
            refusal = null;
            return null;
        }
    }

    private sealed class Lines(PageFixture page) : ISharedLines
    {
        public SharedLine? Open(ModbusTarget line, out string? refusal)
        {
            refusal = null;
            return page.SharedPort is { } port && line.Port is not null ? new SharedLine(line with { Through = new IPEndPoint(IPAddress.Loopback, port) }, new MemoryStream()) : null;
        }
    }
}
