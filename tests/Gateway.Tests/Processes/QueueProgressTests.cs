using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>How a backlog drains, as a person at a terminal sees it.</summary>
public sealed class QueueProgressTests : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_backlog_that_drains_is_a_bar_until_nothing_waits()
    {
        var port = LoopbackPort.Free();
        _folder.Configure($"uplink: {{ url: \"mqtt://127.0.0.1:{port}\" }}\nqueue: {{ max-loss: none }}");
        _folder.WriteMap("tank.yaml", "bus: { simulated: true }\ndevices: [{ name: tank, every: 20 ms, points: { level: { simulate: \"sine(0, 1, 1 s)\" } } }]\n");
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync(" answers\n");
        await using var terminal = Terminal.Start("queue", "stats", "--follow", "--config", _folder.ConfigurationPath);

        await terminal.WaitForAsync(" wait, 0/s leave");
        Assert.Contains("━", terminal.Shown, StringComparison.Ordinal);
        await using var upstream = GatewayProcess.Start("broker", "--listen", $"mqtt://127.0.0.1:{port}");
        await upstream.WaitForErrorAsync("MQTT listens on");
        Assert.Equal(0, await terminal.WaitForExitAsync());

        // The bar is gone at the end, and a sentence stays.
        Assert.Matches(@"(empty|\d+ readings? waits?) \([^)]*on disk[^)]*\)\s*$", terminal.Shown);
    }
}
