using System.Text;
using Gateway.Abstractions;
using Gateway.DeviceMaps.Calculations;
using Gateway.TestSupport;

namespace Gateway.DeviceMaps.Tests.Calculations;

/// <summary>Expressions, damaged, over values of every kind.</summary>
public sealed class CalculationFuzzTests
{
    private static readonly byte[][] Expressions =
    [
        .. ((string[])
        [
            "voltage * current", "Math.max(voltage, current, -1) / 0", "mode == 'eco' ? current : 0", "mode + '!' + 0 * voltage", "!running || voltage > 200 && current",
            "Math.pow(voltage, 9999) - Math.hypot(current, Math.PI)", "-(+(~voltage)) % 7 << 3 >>> 1", "Math.round(1e308 * voltage) === null", "'a' * running",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly PointValue[] Values =
    [
        PointValue.From(230L), PointValue.From(4.6m), PointValue.From("eco"), PointValue.From(true), PointValue.None, PointValue.From(long.MinValue), PointValue.From(decimal.MaxValue),
        PointValue.From(new string('x', 1000)),
    ];

    [Fact]
    public void A_damaged_expression_is_refused_at_a_place_of_it_or_has_a_value()
    {
        var random = new Random(20261123);
        var evaluated = 0;
        for (var round = 0; round < 3_000 * Fuzz.Factor; round++)
        {
            var expression = Expressions[random.Next(Expressions.Length)];
            var text = Encoding.UTF8.GetString(random.Next(4) == 0 ? expression : Fuzz.Mutate(expression, random));
            var calculation = Calculation.Parse(text, name => name is "voltage" or "current" or "mode" or "running" ? null : "unknown", out var fault);
            if (calculation is null)
            {
                Assert.InRange(fault.Index, 0, text.Length);
                Assert.NotEmpty(fault.Message);
                continue;
            }

            evaluated++;
            var calculator = calculation.CreateCalculator();
            calculator.Evaluate([.. calculation.Inputs.Select(_ => Values[random.Next(Values.Length)])]);
        }

        Assert.InRange(evaluated, 100, int.MaxValue);
    }
}
