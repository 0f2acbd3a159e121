using Gateway.Abstractions;
using Gateway.DeviceMaps.Calculations;

namespace Gateway.DeviceMaps.Tests.Calculations;

public class CalculationTests
{
    [Theory]
    [InlineData("voltage * current", "1058")]
    [InlineData("voltage + current", "234.6")]
    [InlineData("0.1 + 0.2 + 0 * voltage", "0.3")]
    [InlineData("-voltage", "-230")]
    [InlineData("voltage % 100 - 5 / 2", "27.5")]
    [InlineData("Math.max(voltage, current)", "230")]
    [InlineData("Math.round(Math.sqrt(voltage * voltage + 1))", "230")]
    [InlineData("voltage > 200 && current > 0", "true")]
    [InlineData("mode == 'eco' ? current : 0", "4.6")]
    [InlineData("mode + '!' + 0 * voltage", "eco!0")]
    [InlineData("!running", "false")]
    [InlineData("running ? voltage : -1", "230")]
    [InlineData("voltage * Math.PI", "722.566310325652")]
    public void An_expression_has_its_value(string text, string expected)
    {
        var inputs = new Dictionary<string, PointValue>
        {
            ["voltage"] = PointValue.From(230L),
            ["current"] = PointValue.From(4.6m),
            ["mode"] = PointValue.From("eco"),
            ["running"] = PointValue.From(true),
        };

        Assert.Equal(expected, Evaluate(text, inputs).ToString());
    }

    [Theory]
    [InlineData("voltage / 0")]
    [InlineData("mode * 2")]
    [InlineData("missing + 1")]
    [InlineData("Math.sqrt(-voltage)")]
    public void What_has_no_value_is_none(string text)
    {
        var inputs = new Dictionary<string, PointValue> { ["voltage"] = PointValue.From(230L), ["mode"] = PointValue.From("eco"), ["missing"] = PointValue.None };

        Assert.Equal(PointValue.None, Evaluate(text, inputs));
    }

    [Theory]
    [InlineData("a = 3", 0)]
    [InlineData("a + (b = 3)", 5)]
    [InlineData("(function () { return a; })()", 0)]
    [InlineData("a.constructor", 0)]
    [InlineData("Math['max'](a, b)", 0)]
    [InlineData("a + Math.__defineGetter__('max', a)", 9)]
    [InlineData("Math.constructor", 5)]
    [InlineData("Math.toString()", 5)]
    [InlineData("Math.max", 5)]
    [InlineData("Math.PI(a)", 5)]
    [InlineData("new Date()", 0)]
    [InlineData("[a, b]", 0)]
    [InlineData("a++", 0)]
    [InlineData("/a+/", 0)]
    [InlineData("this", 0)]
    [InlineData("eval(a)", 0)]
    [InlineData("a; b", 0)]
    [InlineData("for (;;) a", 0)]
    [InlineData("", 0)]
    [InlineData("a +", 3)]
    public void What_does_more_than_calculate_is_refused_where_it_stands(string text, int index)
    {
        Assert.Null(Calculation.Parse(text, _ => null, out var fault));
        Assert.Equal(index, fault.Index);
    }

    [Fact]
    public void A_function_that_Math_does_not_have_is_named_with_what_was_meant()
    {
        Assert.Null(Calculation.Parse("Math.sqr(a)", _ => null, out var fault));
        Assert.Equal("Math has no function 'sqr'; did you mean 'sqrt'?", fault.Message);
    }

    [Fact]
    public void Depth_and_length_are_bounded()
    {
        Assert.Null(Calculation.Parse(string.Concat(Enumerable.Repeat("-(", 200)) + "a" + new string(')', 200), _ => null, out var deep));
        Assert.Equal("it is nested too deeply", deep.Message);
        Assert.Null(Calculation.Parse(string.Join('+', Enumerable.Repeat("a", 600)), _ => null, out var wide));
        Assert.Equal("it is longer than 1000 characters", wide.Message);
    }

    [Fact]
    public async Task Calculators_of_several_threads_do_not_disturb_each_other()
    {
        var calculation = Calculation.Parse("a * 2", _ => null, out _)!;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() =>
        {
            var calculator = calculation.CreateCalculator();
            for (var i = 0; i < 200; i++)
            {
                Assert.Equal(PointValue.From((decimal)(2 * n)), calculator.Evaluate([PointValue.From((long)n)]));
            }
        })));
    }

    private static PointValue Evaluate(string text, Dictionary<string, PointValue> values)
    {
        var calculation = Calculation.Parse(text, name => values.ContainsKey(name) ? null : "unknown", out var fault);
        Assert.True(calculation is not null, fault.Message);
        return calculation.CreateCalculator().Evaluate([.. calculation.Inputs.Select(name => values[name])]);
    }
}
