using System.Net.Sockets;
using System.Text;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.Hosting;
using Gateway.Linux.Systemd;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Gateway.Web;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

/// <summary>What systemd's watchdog hears when a driver does not come back: nothing, which has it start the service again.</summary>
public sealed class WatchdogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");
    private readonly ManualTimeProvider _time = new();
    private readonly BlockingDriver _driver = new();
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };

    private string SocketPath => Path.Combine(_folder.FullName, "notify");

    public void Dispose()
    {
        _systemd.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("plant1")]
    [InlineData("plant2")] // with a data path of its own
    public async Task A_driver_that_does_not_come_back_ends_the_notifications_also_while_its_bus_is_taken_away(string nextSite)
    {
        _systemd.Bind(new UnixDomainSocketEndPoint(SocketPath));
        using var notifier = new SystemdNotifier(name => name switch { "NOTIFY_SOCKET" => SocketPath, "WATCHDOG_USEC" => "30000000", _ => null }, _time);
        var map = Path.Combine(_folder.FullName, "map.yaml");
        await File.WriteAllTextAsync(map, "bus: { simulated: true }\ndevices: [{ name: attic, every: 1 s, points: { t: {} } }]\n");
        var buses = new MapLoader([_driver], new DiskFiles()).Load([map]).Buses;
        var running = new RunningGateway([_driver], ListenerFailurePolicy.Retry, _time, NullLoggerFactory.Instance);
        await running.ApplyAsync(Options, buses, CancellationToken.None);
        await using var heartbeat = new SystemdHeartbeat(notifier, new Source(running), _time, NullLogger.Instance);
        Assert.True(IsWatchdogTold());

        // The first read is due, and blocks its thread.
        Assert.True(IsWatchdogTold(TimeSpan.FromSeconds(10)));
        await _driver.Blocked.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(IsWatchdogTold(TimeSpan.FromSeconds(10)));
        }

        IsWatchdogTold(TimeSpan.FromSeconds(10)); // a minute after the call, or just not
        Assert.False(IsWatchdogTold(TimeSpan.FromSeconds(10)));
        Assert.Equal(["simulated 1"], running.StalledBuses);

        // New maps without the bus have to wait for it.
        var applying = running.ApplyAsync(Options with { Site = nextSite }, [], CancellationToken.None);
        Assert.False(IsWatchdogTold(TimeSpan.FromSeconds(10)));
        Assert.False(IsWatchdogTold(TimeSpan.FromSeconds(10)));
        Assert.False(applying.IsCompleted);

        _driver.Release();
        await applying.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        Assert.True(IsWatchdogTold(TimeSpan.FromSeconds(10)));

        var stopping = running.DisposeAsync().AsTask();
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return stopping.IsCompleted;
        });
    }

    private GatewayOptions Options => new()
    {
        Site = "plant1",
        DeviceMaps = [],
        Data = _folder.FullName,
        Publish = new PublishOptions { Topic = "{site}/{device}/{point}" },
        Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
        Broker = new BrokerOptions { Listen = [] },
        Web = new WebOptions { Listen = [] },
    };

    // Each beat ends with a line for people.
    private bool IsWatchdogTold(TimeSpan after = default)
    {
        if (after > TimeSpan.Zero)
        {
            _time.Advance(after);
        }

        var buffer = new byte[4096];
        var isTold = false;
        while (true)
        {
            var told = Encoding.UTF8.GetString(buffer, 0, _systemd.Receive(buffer));
            isTold |= told == "WATCHDOG=1";
            if (told.StartsWith("STATUS=", StringComparison.Ordinal))
            {
                return isTold;
            }
        }
    }

    private sealed class Source(RunningGateway running) : IStatusSource
    {
        public bool IsHealthy => running.StalledBuses.Count == 0;

        public GatewayStatus GetStatus() => Statuses.Plant;

        public Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>The driver of simulated devices, whose reads block their thread as a call of a kernel's driver may.</summary>
    private sealed class BlockingDriver : IDriver
    {
        private readonly IDriver _inner = DriverCatalog.Create().First(driver => driver.Schema.Name == "simulated");
        private readonly TaskCompletionSource _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new();

        public Task Blocked => _blocked.Task;

        public DriverSchema Schema => _inner.Schema;

        public void Release() => _released.SetResult();

        public string NameBus(Settings bus) => _inner.NameBus(bus);

        public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics) => _inner.Validate(bus, diagnostics);

        public IBus Open(BusDefinition bus, DriverContext context) => new Bus(this);

        private sealed class Bus(BlockingDriver driver) : IBus, IPointReader
        {
            public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => this;

            public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) => ValueTask.FromResult(WriteOutcome.Done);

            public ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
            {
                driver._blocked.TrySetResult();
#pragma warning disable VSTHRD002, VSTHRD103 // That is the fault that is shown.
                driver._released.Task.Wait(CancellationToken.None);
#pragma warning restore VSTHRD002, VSTHRD103
                return ValueTask.FromResult(ReadOutcome.Answered);
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
