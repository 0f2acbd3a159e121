using Gateway.Storage.Timing;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.Timing;

/// <summary>What a time of acquisition is worth, whatever is done to the clock.</summary>
public class AcquisitionClockTests
{
    private static readonly DateTimeOffset Wrong = new(1970, 1, 1, 0, 1, 0, TimeSpan.Zero);
    private static readonly TimeSpan YearsBehind = TimeSpan.FromDays(20_000);

    private readonly ManualTimeProvider _time = new(Wrong);
    private readonly MachineClock _machine;

    public AcquisitionClockTests() => _machine = new MachineClock(_time);

    [Fact]
    public void A_reading_before_the_clock_is_synchronised_has_the_time_of_the_machine_and_a_mark()
    {
        var stamp = Begin().Stamp(_time.GetUtcNow());

        Assert.Equal(new AcquisitionStamp(Wrong, TimeSpan.FromSeconds(30), IsSynchronised: false), stamp);
    }

    [Fact]
    public void A_reading_that_was_under_way_when_the_clock_was_synchronised_has_its_right_time()
    {
        var clock = Begin();
        _time.Advance(TimeSpan.FromMinutes(10));
        var read = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromMilliseconds(40));
        Synchronise();

        Assert.Equal(new AcquisitionStamp(read + YearsBehind, TimeSpan.FromSeconds(630), IsSynchronised: true), clock.Stamp(read));
    }

    [Fact]
    public void Synchronisation_without_a_step_shows_within_a_second()
    {
        var clock = Begin();
        _machine.IsKernelSynchronised = true;
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(clock.IsSynchronised);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(clock.IsSynchronised);
    }

    [Fact]
    public void A_step_before_synchronisation_is_no_synchronisation()
    {
        var clock = Begin();
        _time.StepUtc(YearsBehind);
        Assert.False(clock.Stamp(_time.GetUtcNow()).IsSynchronised);

        _time.StepUtc(TimeSpan.FromSeconds(3));
        _machine.IsKernelSynchronised = true;
        Assert.Equal(Wrong + YearsBehind + TimeSpan.FromSeconds(3), DateTimeOffset.UnixEpoch + clock.Offset + TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Once_synchronised_the_clock_stays_so_and_nobody_asks_again()
    {
        _machine.IsKernelSynchronised = true;
        var clock = Begin();
        _machine.IsKernelSynchronised = false;
        _time.Advance(TimeSpan.FromDays(1));
        _time.StepUtc(TimeSpan.FromDays(-1));

        Assert.True(clock.Stamp(_time.GetUtcNow()).IsSynchronised);
        Assert.Equal(1, _machine.Checks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(30)]
    [InlineData(-30)]
    public void A_step_of_days_changes_neither_times_nor_ages_of_what_was_read_before(int days)
    {
        _machine.IsKernelSynchronised = true;
        var clock = Begin();
        _time.Advance(TimeSpan.FromMinutes(1));
        var read = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromMilliseconds(20));
        var before = clock.AgeNow!.Value;
        _time.StepUtc(TimeSpan.FromDays(days));

        Assert.Equal(new AcquisitionStamp(read, TimeSpan.FromSeconds(90), IsSynchronised: true), clock.Stamp(read));
        Assert.Equal(days > 0 ? before : before - TimeSpan.FromDays(-days), clock.AgeNow);
    }

    [Fact]
    public void What_an_earlier_run_knew_of_this_start_of_the_machine_counts()
    {
        var clock = Begin();
        clock.Adopt(YearsBehind);

        Assert.Equal(YearsBehind, clock.Offset);
        Assert.True(clock.Stamp(_time.GetUtcNow()).IsSynchronised);
    }

    [Fact]
    public void While_nothing_is_known_nothing_has_an_age() => Assert.Null(Begin().AgeNow);

    [Fact]
    public void Whatever_is_done_to_the_clock_the_time_since_the_start_is_right()
    {
        var random = new Random(6);
        for (var round = 0; round < 200; round++)
        {
            var clock = Begin();
            for (var step = 0; step < 40; step++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(random.Next(100, 5000)));
                var (read, uptime) = (_time.GetUtcNow(), _machine.Uptime);
                if (random.Next(3) == 0)
                {
                    // Between the reading and its way into the queue; never so little that it could be the way itself.
                    _time.StepUtc(TimeSpan.FromSeconds((random.Next(2) == 0 ? 1 : -1) * random.Next(1, 1_000_000)));
                    _machine.IsKernelSynchronised |= random.Next(10) == 0;
                }

                _time.Advance(TimeSpan.FromMilliseconds(random.Next(50)));
                Assert.Equal(uptime, clock.Stamp(read).Uptime);
            }

            _machine.IsKernelSynchronised = false;
        }
    }

    private AcquisitionClock Begin() => new(_machine, NullLogger<AcquisitionClock>.Instance);

    private void Synchronise()
    {
        _time.StepUtc(YearsBehind);
        _machine.IsKernelSynchronised = true;
    }
}
