using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Tests.Mapping;

public sealed class PointMapperTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);

    [Fact]
    public void Publishes_every_reading_by_default() =>
        Assert.Equal("PPP", Outcomes(Points.Point(), 5L, 5L, 5L));

    [Fact]
    public void On_change_publishes_only_changes() =>
        Assert.Equal("P==P=", Outcomes(Points.Point(report: ReportMode.Change), 5L, 5L, 5L, 6L, 6L));

    [Fact]
    public void A_deadband_is_measured_from_the_last_published_value() =>
        Assert.Equal("P==P=", Outcomes(Points.Point(report: ReportMode.Change, deadband: 3), 10L, 11L, 12L, 13L, 11L));

    [Fact]
    public void A_failure_is_published_once_and_so_is_the_recovery() =>
        Assert.Equal("P" + "P=" + "P=", Outcomes(Points.Point(report: ReportMode.Change), 5L, null, null, 5L, 5L));

    [Fact]
    public void A_decreasing_total_is_suppressed() =>
        Assert.Equal("P!PP", Outcomes(Points.Point(monotonic: true), 100L, 0L, 100L, 101L));

    [Fact]
    public void A_value_outside_the_limits_is_suppressed() =>
        Assert.Equal("P!!P", Outcomes(Points.Point(minimum: 0, maximum: 50), 50L, 51L, -1L, 0L));

    [Fact]
    public void The_heartbeat_breaks_the_silence()
    {
        var point = Points.Point(report: ReportMode.Change);
        var mapper = new PointMapper(point);
        Assert.True(mapper.Map(Reading.Good(point, PointValue.From(1L), Start)).IsNews);
        Assert.False(mapper.Map(Reading.Good(point, PointValue.From(1L), Start.AddMinutes(9.9))).IsNews);
        Assert.True(mapper.Map(Reading.Good(point, PointValue.From(1L), Start.AddMinutes(10))).IsNews);
    }

    [Fact]
    public void A_clock_set_back_does_not_silence_the_point()
    {
        var point = Points.Point(report: ReportMode.Change);
        var mapper = new PointMapper(point);
        mapper.Map(Reading.Good(point, PointValue.From(1L), Start));
        Assert.True(mapper.Map(Reading.Good(point, PointValue.From(1L), Start.AddDays(-1))).IsNews);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(0.005)]
    [InlineData(-0.005)]
    public void A_clock_that_is_set_counts_neither_for_the_heartbeat_nor_for_the_largest_step(double days)
    {
        var point = Points.Point(report: ReportMode.Change, maximumStep: 2);
        var mapper = new PointMapper(point);
        var after = Start.AddDays(days);
        mapper.Map(Reading.Good(point, PointValue.From(1L), Start), TimeSpan.FromHours(1));
        Assert.False(mapper.Map(Reading.Good(point, PointValue.From(1L), after), TimeSpan.FromHours(1)).IsNews);
        Assert.False(mapper.Map(Reading.Good(point, PointValue.From(1L), after.AddMinutes(9.9)), TimeSpan.FromMinutes(69.9)).IsNews);
        Assert.True(mapper.Map(Reading.Good(point, PointValue.From(1L), after.AddMinutes(10)), TimeSpan.FromMinutes(70)).IsNews);
        Assert.True(mapper.Map(Reading.Good(point, PointValue.From(9L), Start.AddMinutes(10)), TimeSpan.FromMinutes(70)).IsSuppressed);
    }

    [Fact]
    public void The_time_is_that_of_the_read()
    {
        var point = Points.Point(scale: 0.1m);
        var mapped = new PointMapper(point).Map(Reading.Good(point, PointValue.From(215L), Start));
        Assert.Equal(new Measurement("boiler", "flow", PointValue.From(21.5m), Start, Quality.Good, null, "°C"), mapped.Measurement);
    }

    [Fact]
    public void A_suppressed_value_leaves_the_last_plausible_one_which_is_stale()
    {
        var point = Points.Point(maximum: 50);
        var mapper = new PointMapper(point);
        mapper.Map(Reading.Good(point, PointValue.From(20L), Start));

        var spike = mapper.Map(Reading.Good(point, PointValue.From(6553L), Start.AddSeconds(1)));
        var second = mapper.Map(Reading.Good(point, PointValue.From(6553L), Start.AddSeconds(2)));
        var recovery = mapper.Map(Reading.Good(point, PointValue.From(21L), Start.AddSeconds(3)));

        var stale = new Measurement("boiler", "flow", PointValue.From(20L), Start, Quality.Stale, "implausible", "°C");
        Assert.Equal(new MappedReading(stale, IsNews: true, IsSuppressed: true), spike);
        Assert.Equal(new MappedReading(stale, IsNews: false, IsSuppressed: true), second);
        Assert.Equal((Quality.Good, true), (recovery.Measurement.Quality, recovery.IsNews));
    }

    [Fact]
    public void A_first_value_that_is_implausible_is_no_value()
    {
        var point = Points.Point(maximum: 50);

        var mapped = new PointMapper(point).Map(Reading.Good(point, PointValue.From(6553L), Start));

        Assert.Equal(new Measurement("boiler", "flow", PointValue.None, Start, Quality.Bad, "implausible", "°C"), mapped.Measurement);
    }

    [Fact]
    public void A_meter_that_was_replaced_is_believed_after_a_while() =>
        Assert.Equal("P!!!!P" + "P!", Outcomes(Points.Point(monotonic: true), 1000L, 3L, 3L, 4L, 5L, 6L, 7L, 6L));

    [Fact]
    public void Spikes_that_do_not_suit_each_other_are_never_believed() =>
        Assert.Equal("P" + "!!!!!!!!", Outcomes(Points.Point(maximumStep: 10), 20L, 500L, 900L, 200L, 700L, 300L, 990L, 450L, 600L));

    [Fact]
    public void A_step_may_be_as_much_larger_as_readings_are_missing() =>
        Assert.Equal("PP!" + "P===" + "P", Outcomes(Points.Point(maximumStep: 10), 20L, 30L, 41L, null, null, null, null, 80L));

    [Fact]
    public void A_counter_that_rolled_over_goes_on_upwards()
    {
        var point = Points.Point(scale: 0.1m, rollOver: 65536, monotonic: true);
        var mapper = new PointMapper(point);

        var values = new long[] { 65000, 65535, 0, 464, 65000, 10 }.Select((count, i) =>
            mapper.Map(Reading.Good(point, PointValue.From(count), Start.AddSeconds(i))).Measurement.Value.ToString());

        Assert.Equal(["6500", "6553.5", "6553.6", "6600", "13053.6", "13108.2"], values);
    }

    // A counter of 1000; what is suppressed leaves the value before.
    [Theory]
    [InlineData("the way forwards is shorter", "990 10 20", "990 1010 1020")]
    [InlineData("the way forwards is a little shorter", "600 99", "600 1099")]
    [InlineData("both ways are as long", "500 0", "500 0")]
    [InlineData("the way back is shorter", "550 100", "550 100")]
    [InlineData("twice", "900 100 500 900 0", "900 1100 1500 1900 2000")]
    [InlineData("misread high", "100 900 101 102", "100 900 101 102")]
    [InlineData("misread low", "900 0 901 902", "900 1000 901 902")]
    [InlineData("misread high four times", "100 999 999 999 999 101", "100 999 999 999 999 101")]
    [InlineData("high for long enough to be true", "100 999 999 999 999 999 101", "100 999 999 999 999 999 1101")]
    [InlineData("misread low four times", "900 0 0 0 0 901", "900 1000 1000 1000 1000 901")]
    [InlineData("misread high after a turn", "950 50 990 60", "950 1050 990 1060")]
    [InlineData("misread high, of what may only grow", "100 900 101 102 103 104 105 106", "100 900 900 900 900 900 105 106", true)]
    [InlineData("a count that there cannot be", "100 5000 101", "100 5000 101")]
    [InlineData("a count below 0", "900 -1 901", "900 -1 901")]
    [InlineData("a decrease of what may only grow", "550 100 551", "550 550 551", true)]
    [InlineData("a meter that was replaced", "400 3 4 5 6 7 8", "400 400 400 400 400 7 8", true)]
    [InlineData("a meter that was replaced after a turn", "900 300 3 4 5 6 7 8", "900 1300 1300 1300 1300 1300 1007 1008", true)]
    [InlineData("a step too large upwards", "100 900 101", "100 100 101", true, 20)]
    [InlineData("a step too large downwards", "900 5 901", "900 900 901", true, 20)]
    [InlineData("a turn within the step", "990 10", "990 1010", true, 20)]
    [InlineData("a turn after a misread value", "990 500 10", "990 990 1010", true, 20)]
    [InlineData("more than the limit", "100 900 101", "100 100 101", false, null, 800)]
    public void A_smaller_count_is_a_turn_only_if_the_way_forwards_is_shorter(
        string why, string counts, string expected, bool monotonic = false, int? maximumStep = null, int? maximum = null)
    {
        var mapper = new PointMapper(Points.Point(rollOver: 1000, monotonic: monotonic, maximumStep: maximumStep, maximum: maximum));

        var values = counts.Split(' ').Select((count, i) =>
            mapper.Map(Reading.Good(Points.Point(), PointValue.From(long.Parse(count, CultureInfo.InvariantCulture)), Start.AddSeconds(i))).Measurement.Value.ToString());

        Assert.True(expected == string.Join(' ', values), $"{why}: {string.Join(' ', values)}");
    }

    [Fact]
    public void A_value_that_begins_anew_is_told_once()
    {
        var point = Points.Point(monotonic: true);
        var mapper = new PointMapper(point);

        // A reading far too high was believed.
        var mapped = new long[] { 100, 99_999, 101, 102, 103, 104, 105, 106 }
            .Select((count, i) => mapper.Map(Reading.Good(point, PointValue.From(count), Start.AddSeconds(i)))).ToList();

        Assert.Equal([false, false, true, true, true, true, false, false], mapped.Select(reading => reading.IsSuppressed));
        Assert.Equal([false, false, false, false, false, false, true, false], mapped.Select(reading => reading.IsReset));
    }

    // P published, = unchanged, ! suppressed; null is a failed read.
    private static string Outcomes(PointDefinition point, params long?[] values)
    {
        var mapper = new PointMapper(point);
        return string.Concat(values.Select((value, i) =>
        {
            var time = Start.AddSeconds(i);
            var reading = value is { } number ? Reading.Good(point, PointValue.From(number), time) : Reading.Bad(point, "timeout", time);
            return mapper.Map(reading) switch
            {
                { IsSuppressed: true } => '!',
                { IsNews: true } => 'P',
                _ => '=',
            };
        }));
    }
}
