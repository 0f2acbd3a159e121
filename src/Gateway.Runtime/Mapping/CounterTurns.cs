namespace Gateway.Runtime.Mapping;

/// <summary>
/// Counts on where a device's counter begins at 0 again. A smaller count is a turn of the counter only if the way forwards, over its end, is
/// shorter than the way back; else it is a decrease, since the device was reset or read wrongly, which is not for this to hide. Counts are
/// compared with the last that was kept, and what proved implausible is not to be kept. Pure; not thread-safe.
/// </summary>
/// <remarks>
/// A count that the one before does not lead to by less than half the range is a suspect: the device was reset, or one of the two was misread.
/// So is a turn, if what follows does not lead on from it. Until enough counts have confirmed a suspect, one that follows from before it rather
/// than from it undoes what it did to the turns.
/// </remarks>
/// <param name="range">The number of counts at which the counter begins at 0 again.</param>
/// <param name="confirmedBy">How many counts in a row, that itself included, confirm a suspect.</param>
/// <param name="total">What was counted in an earlier run; null: nothing.</param>
internal sealed class CounterTurns(decimal range, int confirmedBy, decimal? total)
{
    private decimal? _kept = total % range;
    private decimal _turned = total - (total % range) ?? 0;
    private (decimal Kept, decimal Turned)? _beforeSuspect;
    private bool _isMisreadRather;
    private int _confirmations;

    /// <summary>What was counted up to the last count that was kept.</summary>
    public decimal Total => (_kept ?? 0) + _turned;

    /// <summary>What was counted with this count.</summary>
    public decimal Count(decimal count) => count + TurnedAt(count);

    /// <summary>Compares the next with this one; one that such a counter cannot have is left out.</summary>
    /// <returns>Whether what was turned is another.</returns>
    public bool Keep(decimal count)
    {
        if (!IsPossible(count))
        {
            return false;
        }

        var turned = TurnedAt(count);
        var isOther = turned != _turned;
        if (_kept is { } kept && !IsAdvance(kept, count))
        {
            (_beforeSuspect, _isMisreadRather, _confirmations) = ((kept, _turned), !IsShortWay(kept, count), 0);
        }

        if (++_confirmations >= confirmedBy)
        {
            _beforeSuspect = null;
        }

        (_kept, _turned) = (count, turned);
        return isOther;
    }

    private decimal TurnedAt(decimal count)
    {
        if (!IsPossible(count) || _kept is not { } kept || IsAdvance(kept, count))
        {
            return _turned;
        }

        var isTurn = IsShortWay(kept, count);
        if (_beforeSuspect is { } before && (_isMisreadRather || !isTurn) && IsShortWay(before.Kept, count))
        {
            return before.Turned + (count < before.Kept ? range : 0);
        }

        return _turned + (isTurn ? range : 0);
    }

    private bool IsAdvance(decimal from, decimal to) => to >= from && to - from <= range / 2;

    /// <summary>Whether the way forwards, over the end if need be, is shorter than that back.</summary>
    private bool IsShortWay(decimal from, decimal to) => (to >= from ? to - from : range - from + to) < range / 2;

    private bool IsPossible(decimal count) => count >= 0 && count < range;
}
