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
        Assert.Equal(MappingOutcome.Publish, mapper.Map(Reading.Good(point, PointValue.From(1L), Start), out _));
        Assert.Equal(MappingOutcome.Unchanged, mapper.Map(Reading.Good(point, PointValue.From(1L), Start.AddMinutes(9.9)), out _));
        Assert.Equal(MappingOutcome.Publish, mapper.Map(Reading.Good(point, PointValue.From(1L), Start.AddMinutes(10)), out _));
    }

    [Fact]
    public void A_clock_set_back_does_not_silence_the_point()
    {
        var point = Points.Point(report: ReportMode.Change);
        var mapper = new PointMapper(point);
        mapper.Map(Reading.Good(point, PointValue.From(1L), Start), out _);
        Assert.Equal(MappingOutcome.Publish, mapper.Map(Reading.Good(point, PointValue.From(1L), Start.AddDays(-1)), out _));
    }

    [Fact]
    public void The_time_is_that_of_the_read()
    {
        var point = Points.Point(scale: 0.1m);
        new PointMapper(point).Map(Reading.Good(point, PointValue.From(215L), Start), out var measurement);
        Assert.Equal(new Measurement("boiler", "flow", PointValue.From(21.5m), Start, Quality.Good, null, "°C"), measurement);
    }

    // P published, = unchanged, ! suppressed; null is a failed read.
    private static string Outcomes(PointDefinition point, params long?[] values)
    {
        var mapper = new PointMapper(point);
        return string.Concat(values.Select((value, i) =>
        {
            var time = Start.AddSeconds(i);
            var reading = value is { } number ? Reading.Good(point, PointValue.From(number), time) : Reading.Bad(point, "timeout", time);
            return mapper.Map(reading, out _) switch
            {
                MappingOutcome.Publish => 'P',
                MappingOutcome.Unchanged => '=',
                _ => '!',
            };
        }));
    }
}
