using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Tests.Mapping;

public sealed class CalculatedPointTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);

    private readonly LastValues _values = new();
    private readonly PointDefinition _point;
    private readonly CalculatedPoint _sum;

    public CalculatedPointTests()
    {
        _point = new PointDefinition
        {
            DeviceName = "boiler",
            Name = "sum",
            Every = TimeSpan.FromSeconds(1),
            Calculation = new Sum(),
            Settings = Points.NoSettings,
        };
        _sum = new CalculatedPoint(_point);
    }

    [Fact]
    public void Waits_until_everything_was_read_once()
    {
        Set("a", 1, Start);
        Assert.Null(_sum.Read(_values));

        Set("b", 2, Start.AddSeconds(1));
        Assert.Equal(Reading.Good(_point, PointValue.From(3L), Start.AddSeconds(1)), _sum.Read(_values));
    }

    [Fact]
    public void Says_nothing_while_nothing_is_new()
    {
        Set("a", 1, Start);
        Set("b", 2, Start);
        _sum.Read(_values);

        Assert.Null(_sum.Read(_values));
        Set("a", 1, Start.AddSeconds(1));
        Assert.Equal(Start.AddSeconds(1), _sum.Read(_values)!.Value.Time);
    }

    [Fact]
    public void Is_no_better_than_the_worst_of_its_inputs()
    {
        Set("a", 1, Start);
        Set("b", 2, Start.AddSeconds(1), Quality.Stale, "implausible");
        Assert.Equal(new Reading(_point, PointValue.From(3L), Start.AddSeconds(1), Quality.Stale, "implausible"), _sum.Read(_values));

        Set("a", null, Start.AddSeconds(2), Quality.Bad, "timeout");
        Assert.Equal(Reading.Bad(_point, "timeout", Start.AddSeconds(2)), _sum.Read(_values));
    }

    private void Set(string point, long? value, DateTimeOffset time, Quality quality = Quality.Good, string? reason = null) =>
        _values.Set(new Measurement("boiler", point, value is { } number ? PointValue.From(number) : PointValue.None, time, quality, reason, null));

    private sealed class Sum : ICalculation, ICalculator
    {
        public string Text => "a + b";

        public IReadOnlyList<string> Inputs => ["a", "b"];

        public ICalculator CreateCalculator() => this;

        public PointValue Evaluate(ReadOnlySpan<PointValue> inputs) => PointValue.From(inputs[0].AsInteger + inputs[1].AsInteger);
    }
}
