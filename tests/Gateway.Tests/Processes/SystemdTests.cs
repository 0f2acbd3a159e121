using System.Collections.Concurrent;
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

    private Task WaitForAsync(string beginning, int times) => Eventually.TrueAsync(
        () => _notifications.Count(told => told.StartsWith(beginning, StringComparison.Ordinal)) >= times,
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
