using Gateway.Abstractions;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Chips;

/// <summary>The fields of one chip as they were measured. One owner at a time.</summary>
/// <param name="count">How many fields the chip has.</param>
internal sealed class ChipValues(int count)
{
    private readonly PointValue[] _values = new PointValue[count];
    private readonly string?[] _reasons = new string?[count];

    /// <summary>When the chip had them, of one that gives its last ones again; null: now.</summary>
    public DateTimeOffset? MeasuredAt { get; set; }

    /// <summary>Forgets what was measured.</summary>
    public void Clear()
    {
        MeasuredAt = null;
        Array.Fill(_values, PointValue.None);
        Array.Fill(_reasons, BusReasons.NotReady);
    }

    /// <summary>The same, for whoever keeps them while others are measured.</summary>
    public ChipValues Copy()
    {
        var copy = new ChipValues(_values.Length) { MeasuredAt = MeasuredAt };
        _values.CopyTo(copy._values, 0);
        _reasons.CopyTo(copy._reasons, 0);
        return copy;
    }

    /// <summary>Those of the same chip before its first measurement.</summary>
    public static ChipValues NotReady(ChipValues values)
    {
        var none = new ChipValues(values._values.Length);
        none.Clear();
        return none;
    }

    /// <summary>The field was measured.</summary>
    public void Set(int field, PointValue value) => (_values[field], _reasons[field]) = (value, null);

    /// <summary>The field was measured.</summary>
    public void Set(int field, decimal value) => Set(field, PointValue.From(value));

    /// <summary>The field has no value.</summary>
    public void Fail(int field, string reason) => (_values[field], _reasons[field]) = (PointValue.None, reason);

    /// <summary>The value; <see cref="PointValue.None"/>, and why, if there is none.</summary>
    public PointValue Get(int field, out string? reason)
    {
        reason = _reasons[field];
        return _values[field];
    }
}
