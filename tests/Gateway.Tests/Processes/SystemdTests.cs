using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>What the service tells systemd, over a socket as sd_notify(3) has it.</summary>
public sealed class SystemdTests : IAsyncLifetime
{
    private readonly GatewayFolder _folder = new();
    private readonly ConcurrentQueue<string> _notifications = new();
    private readonly CancellationTokenSource _stopping = new();
    private Socket _socket = null!;
    private Task _receiving = null!;

    private string SocketPath => Path.Combine(_folder.Path, "notify");

    public Task InitializeAsync()
    {
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        _socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _receiving = ReceiveAsync();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _receiving;
        _socket.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Ready_status_watchdog_reload_and_stop_are_told_in_their_order()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", "bus: { simulated: true }\ndevices: [{ name: attic, every: 200 ms, points: { t: {} } }]\n");
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = SocketPath, ["WATCHDOG_USEC"] = "400000", ["JOURNAL_STREAM"] = "8:1" };
        await using var gateway = GatewayProcess.Start(["run", "--config", _folder.ConfigurationPath], null, environment);

        await WaitForAsync("READY=1", 1);
        await WaitForAsync("WATCHDOG=1", 3);
        await WaitForAsync("STATUS=1 of 1 devices online, no uplink, queue empty", 1);
        await gateway.SignalAsync("HUP");
        await WaitForAsync("RELOADING=1", 1);
        await WaitForAsync("READY=1", 2);
        Assert.Equal(0, await gateway.StopAsync());

        await WaitForAsync("STOPPING=1", 1);
        var order = _notifications.Where(told => told is "READY=1" or "STOPPING=1" || told.StartsWith("RELOADING=1\nMONOTONIC_USEC=", StringComparison.Ordinal)).Select(told => told.Split('=')[0]);
        Assert.Equal(["READY", "RELOADING", "READY", "STOPPING"], order);
        Assert.StartsWith("<6>Gateway ", gateway.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_poll_loop_that_hangs_is_not_told_to_be_well_and_the_others_go_on()
    {
        var pipe = Path.Combine(_folder.Path, "pipe");
        BuiltPlugins.Install("Gateway.Drivers.Blocking", Path.Combine(_folder.Path, "plugins"));
        using (var make = Process.Start("mkfifo", pipe))
        {
            await make.WaitForExitAsync();
        }

        _folder.Configure();
        _folder.WriteMap("attic.yaml", "bus: { simulated: true }\ndevices: [{ name: attic, every: 200 ms, points: { t: {} } }]\n");
        _folder.WriteMap("cellar.yaml", $"bus: {{ blocking: {pipe} }}\ndevices: [{{ name: cellar, every: 200 ms, points: {{ dry: {{}} }} }}]\n");
        var environment = new Dictionary<string, string>
        {
            ["NOTIFY_SOCKET"] = SocketPath,
            ["WATCHDOG_USEC"] = "400000",
            ["GATEWAY_PLUGINS"] = Path.Combine(_folder.Path, "plugins"),
        };
        await using var gateway = _folder.Run(environment);

        // After the minute that a call may take.
        await Eventually.TrueAsync(() => gateway.Error.Contains($" error The watchdog is told nothing, since the poll loop of blocking {pipe} makes no progress", StringComparison.Ordinal), () => gateway.Error);
        var states = Count("STATUS=");
        await WaitForAsync("STATUS=", states + 2);
        var beats = Count("WATCHDOG=1");
        await WaitForAsync("STATUS=", states + 5);
        Assert.Equal(beats, Count("WATCHDOG=1"));
        Assert.StartsWith("STATUS=1 of 2 devices online", _notifications.Last(told => told.StartsWith("STATUS=", StringComparison.Ordinal)), StringComparison.Ordinal);
        await using (var subscriber = GatewayProcess.Start("sub", "-p", $"{_folder.BrokerPort}", "-R", "-t", "plant1/attic/t", "-C", "3"))
        {
            Assert.Equal(0, await subscriber.WaitForExitAsync());
        }

        // Whoever opens it for both does not wait, and wakes who does.
        await using (File.Open(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            File.Delete(pipe);
        }

        await WaitForAsync("STATUS=2 of 2 devices online", 1);
        await WaitForAsync("WATCHDOG=1", beats + 1);
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Single(gateway.Error.Split('\n'), line => line.Contains("The watchdog", StringComparison.Ordinal));
    }

    private int Count(string beginning) => _notifications.Count(told => told.StartsWith(beginning, StringComparison.Ordinal));

    [PeerFact(Peer.MosquittoClients, Peer.Compiler)]
    public async Task A_reload_that_a_disk_holds_up_has_no_more_time_than_the_stop_that_finds_it()
    {
        _folder.Configure();
        _folder.WriteMap("attic.yaml", "bus: { simulated: true }\ndevices: [{ name: attic, every: 50 ms, points: { t: { simulate: \"counter(0, 50)\" } } }]\n");
        await using var disk = await UnsyncedDisk.CreateAsync(_folder.DataFolder, seed: 1);
        var environment = new Dictionary<string, string>(disk.Environment) { ["NOTIFY_SOCKET"] = SocketPath };
        await using var gateway = GatewayProcess.Start(["run", "--config", _folder.ConfigurationPath], null, environment);
        await WaitForAsync("READY=1", 1);
        await using var witness = await MosquittoSubscriber.StartAsync(_folder.BrokerPort, "plant1/attic/t", 1);
        await witness.WaitForAsync(20);
        disk.SyncDelay = TimeSpan.FromMinutes(10);
        await witness.WaitForAsync(witness.Messages.Count + 50);
        _folder.Configure(site: "plant2");
        await gateway.SignalAsync("HUP");
        await WaitForAsync("RELOADING=1", 1);

        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await gateway.StopAsync());
        var took = TimeProvider.System.GetElapsedTime(began);
        Assert.Contains("has not stopped within 25 s", gateway.Error, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30)); // what systemd gives it
    }

    private Task WaitForAsync(string beginning, int times) => Eventually.TrueAsync(
        () => Count(beginning) >= times,
        () => $"{beginning} was not told {times} times, but:\n{string.Join('\n', _notifications)}");

    private async Task ReceiveAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer, _stopping.Token);
                _notifications.Enqueue(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
