namespace Gateway.Runtime.Mapping;

/// <summary>
/// Counts on where a device's counter begins at 0 again. A smaller count is a turn of the counter only if the way forwards, over its end, is
/// shorter than the way back; else it is a decrease, since the device was reset or read wrongly, which is not for this to hide. Counts are
/// compared with the last that was kept, and what proved implausible is not to be kept. Pure; not thread-safe.
/// </summary>
/// <param name="range">The number of counts at which the counter begins at 0 again.</param>
/// <param name="total">What was counted in an earlier run; null: nothing.</param>
internal sealed class CounterTurns(decimal range, decimal? total)
{
    private decimal _kept = total % range ?? 0;
    private decimal _turned = total - (total % range) ?? 0;

    /// <summary>What was counted up to the last count that was kept.</summary>
    public decimal Total => _kept + _turned;

    /// <summary>What was counted with this count.</summary>
    public decimal Count(decimal count) => count + _turned + (HasTurned(count) ? range : 0);

    /// <summary>Compares the next with this one; one that such a counter cannot have is left out.</summary>
    /// <returns>Whether the counter has turned.</returns>
    public bool Keep(decimal count)
    {
        if (!IsPossible(count))
        {
            return false;
        }

        var hasTurned = HasTurned(count);
        _turned += hasTurned ? range : 0;
        _kept = count;
        return hasTurned;
    }

    private bool HasTurned(decimal count)
    {
        var forwards = range - _kept + count;
        var back = _kept - count;
        return IsPossible(count) && forwards < back;
    }

    private bool IsPossible(decimal count) => count >= 0 && count < range;
}
