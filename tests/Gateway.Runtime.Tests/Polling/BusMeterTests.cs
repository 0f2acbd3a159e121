using Gateway.Runtime.Polling;

namespace Gateway.Runtime.Tests.Polling;

public sealed class BusMeterTests
{
    private readonly BusMeter _meter = new();

    [Fact]
    public void A_bus_that_just_started_is_measured_over_what_there_was()
    {
        Assert.Equal(0, _meter.Measure(TimeSpan.Zero).Utilisation);
        Busy(1, 2);
        Assert.Equal(0.25, _meter.Measure(Seconds(4)).Utilisation, 6);
    }

    [Fact]
    public void A_call_that_is_under_way_counts()
    {
        _meter.SetBusy(true, Seconds(5));
        Assert.Equal(0.5, _meter.Measure(Seconds(10)).Utilisation, 6);
    }

    [Fact]
    public void What_was_more_than_a_minute_ago_does_not_count()
    {
        Busy(0, 30);
        Assert.Equal(0.5, _meter.Measure(Seconds(60) - TimeSpan.FromTicks(1)).Utilisation, 4);
        Assert.Equal(10.0 / 55, _meter.Measure(Seconds(75)).Utilisation, 6);
        Assert.Equal(0, _meter.Measure(Seconds(90)).Utilisation);
        Busy(1000, 1001);
        Assert.Equal(1.0 / 51, _meter.Measure(Seconds(1001)).Utilisation, 6);
        Assert.Equal(0, _meter.Measure(TimeSpan.FromDays(400)).Utilisation);
    }

    [Fact]
    public void A_call_of_hours_fills_the_minute()
    {
        _meter.SetBusy(true, Seconds(1));
        Assert.Equal(1, _meter.Measure(TimeSpan.FromHours(3)).Utilisation, 6);
    }

    [Fact]
    public void Lateness_is_told_by_percentiles_and_forgotten_after_a_minute()
    {
        for (var i = 1; i <= 1000; i++)
        {
            _meter.AddLateness(TimeSpan.FromMilliseconds(i), Seconds(i / 100.0));
        }

        var lateness = _meter.Measure(Seconds(11)).Lateness;
        Assert.InRange(lateness.Median.TotalMilliseconds, 500, 500 * 1.125);
        Assert.InRange(lateness.P99.TotalMilliseconds, 990, 1000);
        Assert.Equal(1000, lateness.Maximum.TotalMilliseconds);
        Assert.Equal(new Lateness(default, default, default), _meter.Measure(Seconds(75)).Lateness);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(999)]
    [InlineData(123_456_789)]
    [InlineData(86_400_000_000)]
    public void A_percentile_is_an_eighth_too_long_at_most(long microseconds)
    {
        var duration = TimeSpan.FromMicroseconds(microseconds);
        var histogram = new DurationHistogram();
        histogram.Add(duration);
        histogram.Add(TimeSpan.MaxValue);

        Assert.InRange(histogram.Percentile(0.5), duration, (duration * 1.125) + TimeSpan.FromMicroseconds(1));
        Assert.Equal(TimeSpan.MaxValue, histogram.Maximum);
    }

    private void Busy(double from, double to)
    {
        _meter.SetBusy(true, Seconds(from));
        _meter.SetBusy(false, Seconds(to));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
