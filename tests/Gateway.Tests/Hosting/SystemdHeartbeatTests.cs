using System.Net.Sockets;
using System.Text;
using Gateway.Hosting;
using Gateway.Linux.Systemd;
using Gateway.Runtime;
using Gateway.TestSupport;
using Gateway.Web;

namespace Gateway.Tests.Hosting;

public sealed class SystemdHeartbeatTests
{
    [Fact]
    public void The_status_line_says_how_it_goes() => Assert.Equal(
        "1 of 2 devices online, uplink away since 3 min: connection refused, queue 12 readings wait (4.1 kB on disk, the oldest since 3 min, 2 dropped)",
        SystemdHeartbeat.Describe(Statuses.Plant, Statuses.Now));

    [Fact]
    public void The_status_line_says_first_what_is_wrong()
    {
        var problem = "gateway.yaml:1:1: error: x";

        Assert.Equal($"the last good configuration runs: {problem}", SystemdHeartbeat.Describe(Statuses.Plant with { Problems = [problem] }, Statuses.Now));
        Assert.Equal($"nothing is polled: {problem}", SystemdHeartbeat.Describe(Statuses.Plant with { Problems = [problem], Buses = [] }, Statuses.Now));
    }

    [Fact]
    public async Task A_status_that_cannot_be_described_costs_one_line_and_not_the_service()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-");
        var path = Path.Combine(folder.FullName, "notify");
        var (time, log, buffer) = (new ManualTimeProvider(), new LogLines(), new byte[64]);
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        using var notifier = new SystemdNotifier(name => name switch { "NOTIFY_SOCKET" => path, "WATCHDOG_USEC" => "20000000", _ => null });

        await using (new SystemdHeartbeat(notifier, new FailingSource(), time, log))
        {
            for (var beat = 0; beat < 3; beat++)
            {
                Assert.Equal("WATCHDOG=1", Encoding.UTF8.GetString(buffer, 0, await systemd.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(60))));
                time.Advance(TimeSpan.FromSeconds(10));
            }
        }

        Assert.Single(log.All);
        folder.Delete(recursive: true);
    }

    private sealed class FailingSource : IStatusSource
    {
        public bool IsHealthy => true;

        public GatewayStatus GetStatus() => throw new InvalidOperationException("made up");

        public Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
