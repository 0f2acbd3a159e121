namespace Gateway.Linux.Gpio;

/// <summary>
/// Finds edges that never became events: where a line has its next interrupt before the kernel's thread has told of the last, the two
/// become one event. The line's own numbers have no gap then. The request's have, as they are given out with the interrupts, if it has
/// more than one line. Which line it was the kernel does not say: the one with the most events at that time is taken for it. Pure; not
/// thread-safe.
/// </summary>
/// <remarks>
/// Lines tell of their events by threads of their own, so that numbers come out of order: a gap counts once it has stayed for a while. A gap
/// that the numbers of another line explain later was laid to the wrong one, and is taken back. One that no line explains is two interrupts
/// that became one event: the kernel counts the line's number in the thread that tells, after that, so that nothing says which line it was.
/// </remarks>
internal sealed class EdgeNumbers
{
    private const long Window = 100_000_000; // nanoseconds

    private readonly Dictionary<int, int> _events = [];
    private readonly List<(int Line, int Count)> _laid = []; // each line once, the one that edges were laid to last at the end
    private uint _highest;
    private uint _accounted;
    private int _reported;
    private int _smallestGap;
    private long? _windowEnd;

    private int Gap => Math.Max(0, (int)(_highest - _accounted));

    /// <summary>Takes an event.</summary>
    /// <param name="number">Its number in the request, from 1.</param>
    /// <param name="line">Its line.</param>
    /// <param name="missed">How many of the line's events are known to be lost before it.</param>
    /// <param name="now">Now, nanoseconds on CLOCK_MONOTONIC.</param>
    /// <returns>
    /// Lines that edges were laid to which were not theirs, and how many: the numbers of their own line have told of them now. The kernel drops
    /// the oldest events where they are not taken in time, and a slow line tells of that with its next.
    /// </returns>
    public IReadOnlyList<(int Line, int Count)> Take(uint number, int line, int missed, long now)
    {
        _highest = (int)(number - _highest) > 0 ? number : _highest;
        _accounted += 1 + (uint)missed;
        _smallestGap = Math.Min(_smallestGap, Gap);
        _events[line] = _events.GetValueOrDefault(line) + 1;
        _windowEnd ??= now + Window;
        return _reported > Gap ? TakeBack(_reported - Gap) : [];
    }

    /// <summary>Whose edges were lost, and how many; none if it is too early to tell.</summary>
    /// <param name="now">Now, nanoseconds on CLOCK_MONOTONIC.</param>
    /// <param name="next">When to ask again; null: after the next event.</param>
    public (int Line, int Count)? Settle(long now, out long? next)
    {
        next = _windowEnd;
        if (_windowEnd is not { } end || now < end)
        {
            return null;
        }

        var lost = Math.Max(0, _smallestGap - _reported);
        var busiest = _events.MaxBy(pair => pair.Value).Key;
        if (lost > 0)
        {
            Lay(busiest, lost);
        }

        _smallestGap = Gap;
        _windowEnd = next = _smallestGap > _reported ? now + Window : null;
        if (_windowEnd is null)
        {
            _events.Clear();
        }

        return lost > 0 ? (busiest, lost) : null;
    }

    private void Lay(int line, int count)
    {
        var before = _laid.Find(laid => laid.Line == line);
        _laid.Remove(before);
        _laid.Add((line, before.Count + count));
        _reported += count;
    }

    // Those that were laid last come first: a slow line tells soon after, and what nobody tells of stays where it is.
    private List<(int Line, int Count)> TakeBack(int count)
    {
        var back = new List<(int Line, int Count)>();
        _reported -= count;
        while (count > 0)
        {
            var (line, laid) = _laid[^1];
            var taken = Math.Min(laid, count);
            back.Add((line, taken));
            count -= taken;
            _laid.RemoveAt(_laid.Count - 1);
            if (laid > taken)
            {
                _laid.Add((line, laid - taken));
            }
        }

        return back;
    }
}
