namespace Gateway.Drivers.Gpio;

/// <summary>
/// Reckons a frequency from the times of pulses: their number between the first and the last of a window, by the time between those two.
/// So a few slow pulses give an exact figure too. Keeps some hundred times however many pulses there are. Not thread-safe.
/// </summary>
internal sealed class RateMeter(TimeSpan window)
{
    private const int Slots = 256;

    // Each with the number of all pulses up to it. Pulses of one slot of time share the entry of the first of them.
    private readonly Queue<(TimeSpan Time, long Count)> _marks = new(Slots + 2);
    private readonly TimeSpan _slot = window / Slots;
    private (TimeSpan Time, long Count)? _last;
    private TimeSpan _marked;
    private long _count;

    /// <summary>Takes a pulse, and those directly before it whose times are not known.</summary>
    /// <param name="time">When it came, on a clock that nobody sets; not before the one before it.</param>
    /// <param name="count">How many there were, this one included.</param>
    public void Add(TimeSpan time, int count)
    {
        _count += count;
        _last = (time, _count);
        if (_marks.Count == 0 || time - _marked >= _slot)
        {
            _marks.Enqueue((time, _count));
            _marked = time;
        }

        Forget(time);
    }

    /// <summary>Takes pulses whose times are not known.</summary>
    public void AddUntimed(int count) => _count += count;

    /// <summary>Forgets all pulses.</summary>
    public void Reset()
    {
        _marks.Clear();
        _last = null;
    }

    /// <summary>Pulses per second; 0 once the window has passed without one, and before the second.</summary>
    public double PerSecond(TimeSpan now)
    {
        if (_last is not { } last || now - last.Time > window)
        {
            return 0;
        }

        Forget(now);
        var first = _marks.Peek();
        var between = (last.Time - first.Time).TotalSeconds;
        if (between <= 0)
        {
            return 0;
        }

        // A pulse that is overdue says that it has become slower, by how much at least.
        var rate = (last.Count - first.Count) / between;
        var silence = (now - last.Time).TotalSeconds;
        return silence * rate > 1 ? 1 / silence : rate;
    }

    // One mark from before the window stays while there is no other to reckon from.
    private void Forget(TimeSpan now)
    {
        while (_marks.Count > 1 && _marks.Peek().Time < now - window && HasTwoInWindow(now))
        {
            _marks.Dequeue();
        }
    }

    private bool HasTwoInWindow(TimeSpan now)
    {
        var second = _marks.ElementAt(1);
        return second.Time < now - window || _last!.Value.Time > second.Time;
    }
}
