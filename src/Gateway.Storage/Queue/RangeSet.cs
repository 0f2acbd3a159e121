namespace Gateway.Storage.Queue;

/// <summary>
/// A set of positions kept as disjoint ranges in ascending order; neighbours are joined, so what is acknowledged nearly in
/// order takes a few ranges however many positions it covers. Not thread-safe.
/// </summary>
internal sealed class RangeSet
{
    private readonly List<(long From, long To)> _ranges = [];

    /// <summary>The number of disjoint ranges.</summary>
    public int Count => _ranges.Count;

    /// <summary>Every position from 1 to this is in the set; 0 if 1 is not.</summary>
    public long Floor => _ranges.Count > 0 && _ranges[0].From <= 1 ? _ranges[0].To : 0;

    /// <summary>How many positions are in the set.</summary>
    public long Covered => _ranges.Sum(range => range.To - range.From + 1);

    /// <summary>The ranges above <see cref="Floor"/>, ascending.</summary>
    public IEnumerable<(long From, long To)> AboveFloor => Floor == 0 ? _ranges : _ranges.Skip(1);

    public bool Contains(long position)
    {
        var index = FirstEndingAtOrAfter(position);
        return index < _ranges.Count && _ranges[index].From <= position;
    }

    /// <summary>Adds the positions from <paramref name="from"/> to <paramref name="to"/>, both included; nothing if that is empty.</summary>
    public void Add(long from, long to)
    {
        if (from > to)
        {
            return;
        }

        var first = FirstEndingAtOrAfter(from - 1);
        var end = first;
        while (end < _ranges.Count && _ranges[end].From <= to + 1)
        {
            from = Math.Min(from, _ranges[end].From);
            to = Math.Max(to, _ranges[end].To);
            end++;
        }

        if (end == first)
        {
            _ranges.Insert(first, (from, to));
            return;
        }

        _ranges[first] = (from, to);
        _ranges.RemoveRange(first + 1, end - first - 1);
    }

    /// <summary>What of the positions from <paramref name="from"/> to <paramref name="to"/> is in the set, ascending.</summary>
    public IEnumerable<(long From, long To)> Within(long from, long to)
    {
        for (var index = FirstEndingAtOrAfter(from); index < _ranges.Count && _ranges[index].From <= to; index++)
        {
            yield return (Math.Max(from, _ranges[index].From), Math.Min(to, _ranges[index].To));
        }
    }

    public void Clear() => _ranges.Clear();

    private int FirstEndingAtOrAfter(long position)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].To < position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
