using Gateway.Hosting;

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
}
