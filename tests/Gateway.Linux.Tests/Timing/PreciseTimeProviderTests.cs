using Gateway.Linux.Timing;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Timing;

public sealed class PreciseTimeProviderTests
{
    [Fact]
    public void A_clock_that_is_not_the_systems_stays()
    {
        var manual = new ManualTimeProvider();
        Assert.Same(manual, PreciseTimeProvider.InPlaceOf(manual));
        Assert.Same(PreciseTimeProvider.Shared, PreciseTimeProvider.InPlaceOf(TimeProvider.System));
    }

    [Fact]
    public async Task A_period_repeats()
    {
        var count = 0;
        await using var timer = PreciseTimeProvider.Shared.CreateTimer(
            _ => Interlocked.Increment(ref count), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(2));
        await Eventually.TrueAsync(() => Volatile.Read(ref count) > 20);
    }
}
