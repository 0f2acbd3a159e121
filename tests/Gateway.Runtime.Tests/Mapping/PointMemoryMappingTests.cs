using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Tests.Mapping;

/// <summary>What mapping knows of a point outlives a restart.</summary>
public class PointMemoryMappingTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);

    private readonly Memory _memory = new();

    [Fact]
    public void A_counter_that_rolled_over_goes_on_upwards_after_a_restart()
    {
        var point = Point(rollOver: 65536);
        Assert.Equal(["65000", "65546", "66000"], Map(point, 65000, 10, 464));

        Assert.Equal(["66001", "67000"], Map(point, 465, 1464));
        Assert.Equal(["125536", "131082"], Map(point, 60000, 10));
    }

    [Fact]
    public void A_counter_that_rolled_over_while_the_gateway_was_away_is_noticed()
    {
        var point = Point(rollOver: 65536);
        Map(point, 65000);
        Assert.Equal(["65636"], Map(point, 100));
        Assert.Equal(TimeSpan.FromMinutes(1), _memory.Within);
    }

    // A counter of 65536; before and after the restart.
    [Theory]
    [InlineData("65000", "100", "65636")]
    [InlineData("40000", "10000", "10000")]
    [InlineData("65000 10", "500 400", "66036 65936")]
    [InlineData("100 65000", "101", "101")]
    public void A_count_after_a_restart_is_judged_as_any_other(string before, string after, string expected)
    {
        var point = Point(rollOver: 65536, maximumStep: 1000);
        Map(point, Counts(before));

        Assert.Equal(expected, string.Join(' ', Map(point, Counts(after))));
    }

    [Fact]
    public void A_value_that_may_only_grow_is_compared_with_that_before_the_restart()
    {
        var point = Point(isMonotonic: true);
        Map(point, 1000);
        var mapper = new PointMapper(point, _memory);
        Assert.True(mapper.Map(Reading.Good(point, PointValue.From(3), Start)).IsSuppressed);
        Assert.False(mapper.Map(Reading.Good(point, PointValue.From(1001), Start)).IsSuppressed);
    }

    [Fact]
    public void Other_points_keep_nothing()
    {
        Map(Point(), 1, 2, 3);
        Assert.Empty(_memory.Values);
    }

    private static PointDefinition Point(decimal? rollOver = null, bool isMonotonic = false, decimal? maximumStep = null) => new()
    {
        DeviceName = "meter",
        Name = "energy",
        Every = TimeSpan.FromSeconds(1),
        RollOver = rollOver,
        Monotonic = isMonotonic,
        MaximumStep = maximumStep,
        Settings = new Settings(new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), new SourceLocation("map.yaml", 1, 1)),
    };

    private static long[] Counts(string text) => [.. text.Split(' ').Select(count => long.Parse(count, CultureInfo.InvariantCulture))];

    // As a gateway that has just been started.
    private string[] Map(PointDefinition point, params long[] values)
    {
        var mapper = new PointMapper(point, _memory);
        return [.. values.Select(value => mapper.Map(Reading.Good(point, PointValue.From(value), Start)).Measurement.Value.ToString())];
    }

    private sealed class Memory : IPointMemory
    {
        public Dictionary<string, decimal> Values { get; } = [];

        public TimeSpan Within { get; private set; }

        public decimal? Load(PointDefinition point, string key) => Values.TryGetValue(key, out var value) ? value : null;

        public void Save(PointDefinition point, string key, decimal value, TimeSpan within) => (Values[key], Within) = (value, within);
    }
}
