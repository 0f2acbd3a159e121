using System.Net;
using System.Text;
using Gateway.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>Against MQTT.js in a page that a headless Chromium shows.</summary>
public sealed class ChromiumTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("chromium-");
    private readonly TaskCompletionSource<string> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _site;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _site = builder.Build();
        _site.Run(ServeAsync);
        await _site.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _site!.DisposeAsync();
        _profile.Delete(recursive: true);
    }

    [PeerTheory(Peer.Chromium, Peer.MqttJs)]
    [InlineData("ws", 4)]
    [InlineData("ws", 5)]
    [InlineData("wss", 5)]
    public async Task Page_of_this_machine_converses(string scheme, int version)
    {
        await using var broker = await EveryTransport.StartAsync();
        var said = await ShowAsync("127.0.0.1", broker.Address(scheme), version);
        Assert.EndsWith("done", said, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Chromium, Peer.MqttJs)]
    public async Task Page_of_another_host_is_kept_out()
    {
        await using var broker = await EveryTransport.StartAsync();
        var said = await ShowAsync("elsewhere.example.org", broker.Address("ws"), 5);
        Assert.Contains("Error", said, StringComparison.Ordinal);
        Assert.Equal(0, broker.Broker.Counters.ClientsAccepted);
    }

    /// <summary>Opens the page under a host name, and returns what it reports.</summary>
    private async Task<string> ShowAsync(string host, Uri broker, int version)
    {
        var port = new Uri(_site!.Urls.Single()).Port;
        await using var chromium = PeerProcess.Start(
            "chromium",
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
                "--disable-background-networking", "--disable-component-update", "--ignore-certificate-errors",
                $"--user-data-dir={_profile.FullName}", "--host-resolver-rules=MAP elsewhere.example.org 127.0.0.1",
                $"http://{host}:{port}/page.html?version={version}&url={Uri.EscapeDataString(broker.ToString())}",
            ]);
        try
        {
            var said = await _result.Task.WaitAsync(Deadline);
            output.WriteLine(said);
            return said;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The page reported nothing; Chromium said:\n{chromium.Output}");
        }
    }

    private async Task ServeAsync(HttpContext http)
    {
        if (http.Request.Path == "/result")
        {
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            _result.TrySetResult(await reader.ReadToEndAsync(http.RequestAborted));
            return;
        }

        var (file, type) = http.Request.Path.Value switch
        {
            "/page.html" => ("page.html", "text/html"),
            "/conversation.mjs" => ("conversation.mjs", "text/javascript"),
            "/mqtt.min.js" => (Path.Combine("node_modules", "mqtt", "dist", "mqtt.min.js"), "text/javascript"),
            _ => ("", ""),
        };
        if (file.Length == 0)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        http.Response.ContentType = type;
        await http.Response.Body.WriteAsync(await File.ReadAllBytesAsync(JavaScript.Locate(file), http.RequestAborted), http.RequestAborted);
    }
}
