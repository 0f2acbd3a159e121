using Gateway.Linux.Gpio;
using Gateway.Linux.Interop;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Gpio;

public sealed class EventClockTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly EventClock _clock;

    public EventClockTests()
    {
        _clock = new EventClock(_time, () => Monotonic);
        _time.Advance(TimeSpan.FromHours(1));
    }

    private long Monotonic => _time.GetTimestamp() * 100;

    [Fact]
    public void A_stamp_is_as_long_ago_in_utc_as_on_the_kernels_clock()
    {
        _clock.Synchronise();
        Assert.Equal(_time.GetUtcNow().AddMilliseconds(-2.5), _clock.ToUtc(Monotonic - 2_500_000));
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public void A_clock_that_was_set_between_edge_and_reading_does_not_falsify_the_edge(int seconds)
    {
        var edge = Monotonic;
        _time.StepUtc(TimeSpan.FromSeconds(seconds));
        _time.Advance(TimeSpan.FromMilliseconds(7));
        _clock.Synchronise();

        Assert.Equal(_time.GetUtcNow().AddMilliseconds(-7), _clock.ToUtc(edge));
    }

    [Fact]
    public void A_clock_that_is_slewed_does_not_change_the_order_and_one_that_is_set_back_goes_back()
    {
        _clock.Synchronise();
        var first = _clock.ToUtc(Monotonic);
        _time.StepUtc(TimeSpan.FromMilliseconds(-1));
        _clock.Synchronise();
        Assert.Equal(first, _clock.ToUtc(Monotonic + 100_000));

        _time.StepUtc(TimeSpan.FromMinutes(-1));
        _clock.Synchronise();
        Assert.Equal(_time.GetUtcNow(), _clock.ToUtc(Monotonic));
    }

    [Fact]
    public void The_kernels_clock_runs()
    {
        var before = GpioCalls.Kernel.Monotonic;
        var between = TimeProvider.System.GetTimestamp(); // CLOCK_MONOTONIC too, in nanoseconds
        var after = GpioCalls.Kernel.Monotonic;
        Assert.InRange(between, before, after);
        Assert.Equal(1_000_000_000, TimeProvider.System.TimestampFrequency);
        Assert.Equal(0, Libc.clock_gettime(Libc.CLOCK_MONOTONIC, out _));
    }
}
