using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Gateway.Linux.Systemd;

namespace Gateway.Linux.Tests.Systemd;

/// <summary>Against a datagram socket of the test's own, as systemd has one.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-systemd-");
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };

    public void Dispose()
    {
        _systemd.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void States_arrive_as_sd_notify_writes_them(bool isAbstract)
    {
        using var notifier = Connect(isAbstract);

        notifier.Ready();
        Assert.Equal("READY=1", Receive());
        notifier.Status("12 devices,\n1 offline");
        Assert.Equal("STATUS=12 devices, 1 offline", Receive());
        notifier.Watchdog();
        Assert.Equal("WATCHDOG=1", Receive());
        notifier.Stopping();
        Assert.Equal("STOPPING=1", Receive());
        Assert.True(notifier.IsActive);
    }

    [Fact]
    public void A_reload_carries_the_kernels_monotonic_time()
    {
        using var notifier = Connect(isAbstract: false);
        notifier.Reloading();

        var lines = Receive().Split('\n');
        Assert.Equal("RELOADING=1", lines[0]);
        var seconds = long.Parse(lines[1]["MONOTONIC_USEC=".Length..], CultureInfo.InvariantCulture) / 1e6;

        // The uptime also counts time asleep, which a test machine has none of.
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(seconds, uptime - 60, uptime + 60);
    }

    [Fact]
    public void Without_systemd_nothing_happens()
    {
        using var absent = new SystemdNotifier(_ => null);
        using var dead = new SystemdNotifier(name => name == "NOTIFY_SOCKET" ? Path.Combine(_folder.FullName, "none") : null);
        absent.Ready();
        dead.Ready();

        Assert.False(absent.IsActive);
        Assert.False(dead.IsActive);
        Assert.Null(absent.WatchdogInterval);
    }

    [Fact]
    public void A_systemd_that_goes_away_does_no_harm()
    {
        using var notifier = Connect(isAbstract: false);
        _systemd.Dispose();
        notifier.Ready();
    }

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("500000", "self", 0.5)]
    [InlineData("30000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_counts_if_it_is_meant_for_this_process(string? microseconds, string? pid, double? seconds)
    {
        var forPid = pid == "self" ? Environment.ProcessId.ToString(CultureInfo.InvariantCulture) : pid;
        using var notifier = new SystemdNotifier(name => name == "WATCHDOG_USEC" ? microseconds : name == "WATCHDOG_PID" ? forPid : null);

        Assert.Equal(seconds, notifier.WatchdogInterval?.TotalSeconds);
    }

    private SystemdNotifier Connect(bool isAbstract)
    {
        var path = isAbstract ? $"@gateway-{Guid.NewGuid():N}" : Path.Combine(_folder.FullName, "notify");
        _systemd.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + path[1..] : path));
        return new(name => name == "NOTIFY_SOCKET" ? path : null);
    }

    private string Receive()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, _systemd.Receive(buffer));
    }
}
