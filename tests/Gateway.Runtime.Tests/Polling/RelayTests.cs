using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Polling;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Polling;

public sealed class RelayTests
{
    [Fact]
    public async Task A_bus_that_carries_no_requests_of_others_gives_no_answer()
    {
        var time = new ManualTimeProvider();
        await using var poller = new BusPoller(
            Points.Bus(Points.Device("a", Points.Point("x", "a", 1))), new FakeBus(time), new RecordingObserver(), new PollOptions(), new DriverContext(time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        poller.Start();

        Assert.Equal(0, await poller.RelayAsync(1, new byte[] { 3, 0, 0, 0, 1 }, new byte[256], CancellationToken.None));
    }
}
