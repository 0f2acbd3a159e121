using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Mapping;

/// <summary>Makes the readings of one calculated point. Not thread-safe.</summary>
internal sealed class CalculatedPoint(PointDefinition point)
{
    private readonly ICalculator _calculator = point.Calculation!.CreateCalculator();
    private readonly Measurement[] _inputs = new Measurement[point.Calculation.Inputs.Count];
    private readonly PointValue[] _values = new PointValue[point.Calculation.Inputs.Count];

    /// <summary>
    /// The value as of the newest input, as good as the worst; null while nothing that it needs is new, or while something was never read.
    /// </summary>
    public Reading? Read(LastValues values)
    {
        var isNew = _inputs.Length == 0;
        for (var i = 0; i < _inputs.Length; i++)
        {
            if (values.Find(point.DeviceName, point.Calculation!.Inputs[i]) is not { } input)
            {
                return null;
            }

            isNew |= input != _inputs[i];
            _inputs[i] = input;
            _values[i] = input.Value;
        }

        return isNew ? Evaluate() : null;
    }

    private Reading Evaluate()
    {
        var worst = _inputs[0];
        var time = worst.Time;
        foreach (var input in _inputs)
        {
            worst = Rank(input.Quality) > Rank(worst.Quality) ? input : worst;
            time = input.Time > time ? input.Time : time;
        }

        if (worst.Quality == Quality.Bad)
        {
            return Reading.Bad(point, worst.Reason ?? "bad", time);
        }

        var value = _calculator.Evaluate(_values);
        return value.Kind == PointValueKind.None
            ? Reading.Bad(point, "not-a-number", time)
            : new Reading(point, value, time, worst.Quality, worst.Reason);
    }

    private static int Rank(Quality quality) => quality switch
    {
        Quality.Good => 0,
        Quality.Uncertain => 1,
        Quality.Stale => 2,
        _ => 3,
    };
}
