using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Mapping;

/// <summary>What a value is after those before it.</summary>
internal enum Plausibility
{
    /// <summary>It suits them.</summary>
    Plausible,

    /// <summary>It does not suit them.</summary>
    Implausible,

    /// <summary>It does not suit the last plausible one, but enough others that came since: it is a new beginning.</summary>
    NewBeginning,
}

/// <summary>
/// Tells the plausible values of one point from the others: limits, the largest step, and whether it may only grow. There is a way back:
/// values that don't suit the last plausible one, but suit each other, are the new truth after <see cref="PointDefinition.AcceptAfter"/>
/// of them. Pure but for the values it keeps; not thread-safe.
/// </summary>
/// <param name="point">The point.</param>
/// <param name="floor">The value of an earlier run that the first of this one may not fall below; null: there is none.</param>
internal sealed class PlausibilityFilter(PointDefinition point, decimal? floor = null)
{
    private (decimal Value, TimeSpan At)? _last;
    private (decimal Value, TimeSpan At) _candidate;
    private int _candidates;

    /// <summary>What a value, in the point's unit, is after those before it.</summary>
    /// <param name="value">The value.</param>
    /// <param name="at">When it was read; only differences count.</param>
    public Plausibility Judge(decimal value, TimeSpan at)
    {
        if (value < point.Minimum || value > point.Maximum)
        {
            _candidates = 0;
            return Plausibility.Implausible;
        }

        var isPlausible = _last is { } last ? Follows(last, value, at) : floor is null || value >= floor;
        if (!isPlausible)
        {
            _candidates = _candidates > 0 && Follows(_candidate, value, at) ? _candidates + 1 : 1;
            _candidate = (value, at);
            if (_candidates < point.AcceptAfter)
            {
                return Plausibility.Implausible;
            }
        }

        _last = (value, at);
        _candidates = 0;
        return isPlausible ? Plausibility.Plausible : Plausibility.NewBeginning;
    }

    private bool Follows((decimal Value, TimeSpan At) before, decimal value, TimeSpan at)
    {
        if (point.Monotonic && value < before.Value)
        {
            return false;
        }

        if (point.MaximumStep is not { } step)
        {
            return true;
        }

        var readings = Math.Max(1, Math.Round((at - before.At).Duration() / point.Every));
        return (double)Math.Abs(value - before.Value) <= (double)step * readings;
    }
}
