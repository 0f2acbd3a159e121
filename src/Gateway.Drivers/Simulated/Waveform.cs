using Gateway.Abstractions;

namespace Gateway.Drivers.Simulated;

/// <summary>
/// A value as a pure function of the time since the simulation began: two runs show the same. Immutable, thread-safe.
/// </summary>
internal abstract class Waveform
{
    /// <summary>The value, in the point's unit.</summary>
    /// <param name="elapsed">Time since the simulation began, not negative.</param>
    public abstract PointValue At(TimeSpan elapsed);
}

/// <summary>The same value for ever.</summary>
internal sealed class ConstantWaveform(PointValue value) : Waveform
{
    public override PointValue At(TimeSpan elapsed) => value;
}

/// <summary>True in the first half of each period, false in the second.</summary>
internal sealed class ToggleWaveform(TimeSpan period) : Waveform
{
    public override PointValue At(TimeSpan elapsed) => PointValue.From(elapsed.Ticks % period.Ticks * 2 < period.Ticks);
}

/// <summary>One value after the other, each for one interval, from the beginning again after the last.</summary>
internal sealed class StepsWaveform(IReadOnlyList<decimal> values, TimeSpan interval) : Waveform
{
    public override PointValue At(TimeSpan elapsed) => PointValue.From(values[(int)(elapsed.Ticks / interval.Ticks % values.Count)]);
}

/// <summary>Grows evenly for ever.</summary>
internal sealed class CounterWaveform(decimal start, decimal perSecond) : Waveform
{
    public override PointValue At(TimeSpan elapsed) =>
        PointValue.From(start + decimal.Round(perSecond * elapsed.Ticks / TimeSpan.TicksPerSecond, 3));
}

/// <summary>
/// Moves between two values, shown to about a hundredth of their distance.
/// </summary>
internal sealed class PeriodicWaveform : Waveform
{
    private const int MaxDecimals = 9;
    private readonly decimal _low;
    private readonly decimal _high;
    private readonly TimeSpan _period;
    private readonly Func<double, double> _shape;
    private readonly int _decimals;

    /// <param name="low">The smallest value.</param>
    /// <param name="high">The largest value.</param>
    /// <param name="period">Above zero.</param>
    /// <param name="shape">Periods since the beginning → 0 (low) to 1 (high).</param>
    private PeriodicWaveform(decimal low, decimal high, TimeSpan period, Func<double, double> shape)
    {
        (_low, _high, _period, _shape) = (low, high, period, shape);
        var magnitude = high == low ? 0 : (int)Math.Floor(Math.Log10((double)(high - low)));
        _decimals = Math.Clamp(2 - magnitude, 0, MaxDecimals);
    }

    /// <summary>From the middle up to <paramref name="high"/>, down to <paramref name="low"/> and back.</summary>
    public static PeriodicWaveform Sine(decimal low, decimal high, TimeSpan period) =>
        new(low, high, period, phase => (1 + Math.Sin(2 * Math.PI * phase)) / 2);

    /// <summary>Evenly from <paramref name="low"/> to <paramref name="high"/>, then at once to <paramref name="low"/>.</summary>
    public static PeriodicWaveform Ramp(decimal low, decimal high, TimeSpan period) =>
        new(low, high, period, phase => phase - Math.Floor(phase));

    /// <summary><paramref name="high"/> in the first half of each period, <paramref name="low"/> in the second.</summary>
    public static PeriodicWaveform Square(decimal low, decimal high, TimeSpan period) =>
        new(low, high, period, phase => phase - Math.Floor(phase) < 0.5 ? 1 : 0);

    /// <summary>Wanders; crosses the distance from <paramref name="low"/> to <paramref name="high"/> in some few periods.</summary>
    /// <param name="low">The smallest value.</param>
    /// <param name="high">The largest value.</param>
    /// <param name="period">How soon the direction changes.</param>
    /// <param name="seed">Two seeds wander differently.</param>
    public static PeriodicWaveform RandomWalk(decimal low, decimal high, TimeSpan period, uint seed) =>
        new(low, high, period, phase => ValueNoise.At(phase, seed));

    public override PointValue At(TimeSpan elapsed)
    {
        var value = _low + ((_high - _low) * (decimal)_shape(elapsed / _period));
        return PointValue.From(Math.Clamp(decimal.Round(value, _decimals), _low, _high));
    }
}
