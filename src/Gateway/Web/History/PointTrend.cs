using Gateway.Storage.History;

namespace Gateway.Web.History;

/// <summary>The values of one point in the last hour, in steps of 5 s. Grows as there are values, to 720 steps. Thread-safe.</summary>
internal sealed class PointTrend
{
    /// <summary>How long a step is, milliseconds.</summary>
    public const long Step = 5_000;

    /// <summary>How many steps are kept.</summary>
    public const int Most = 720;

    private const int First = 16;

    private readonly Lock _gate = new();
    private Slot[] _slots = new Slot[First];
    private int _oldest;
    private int _count;
    private long? _brokenSince = 0; // what was before the first value is not known

    /// <summary>When there was no good value any more, milliseconds since 1970; null while there is.</summary>
    public long? BrokenSince
    {
        get
        {
            lock (_gate)
            {
                return _count == 0 ? null : _brokenSince;
            }
        }
    }

    /// <summary>Whether there is no value since a time, milliseconds since 1970.</summary>
    public bool IsOlderThan(long time)
    {
        lock (_gate)
        {
            return _count == 0 || Newest.Time < time;
        }
    }

    /// <summary>Takes a value.</summary>
    /// <param name="time">When it was acquired, milliseconds since 1970, UTC.</param>
    /// <param name="value">The value; null: there is none, or none that is good.</param>
    public void Add(long time, double? value)
    {
        lock (_gate)
        {
            if (value is not { } number)
            {
                _brokenSince ??= time;
                return;
            }

            var step = time - (time % Step);
            if (_count > 0 && step < Newest.Time - (Most * Step))
            {
                // The clock was set back: what was before cannot be shown beside what comes.
                (_count, _oldest, _brokenSince) = (0, 0, time);
            }

            if (_count > 0 && step <= Newest.Time)
            {
                ref var newest = ref Newest;
                newest.Count++;
                newest.Sum += number;
                newest.Min = Math.Min(newest.Min, number);
                newest.Max = Math.Max(newest.Max, number);
            }
            else
            {
                Append(new Slot { Time = step, Count = 1, Sum = number, Min = number, Max = number, IsAfterGap = _brokenSince is not null });
            }

            _brokenSince = null;
        }
    }

    /// <summary>The steps from one time until before another, the oldest first.</summary>
    public List<HistoryEntry> Read(long from, long to)
    {
        var entries = new List<HistoryEntry>();
        lock (_gate)
        {
            for (var i = 0; i < _count; i++)
            {
                ref var slot = ref _slots[(_oldest + i) % _slots.Length];
                if (slot.Time >= from && slot.Time < to)
                {
                    entries.Add(new HistoryEntry(slot.Time, slot.Min, slot.Max, slot.Sum / slot.Count, slot.IsAfterGap));
                }
            }
        }

        return entries;
    }

    /// <summary>The steps on both sides of a time that has none, where the value held from one to the other; else none.</summary>
    public List<HistoryEntry> ReadAround(long from, long to)
    {
        var all = Read(long.MinValue, long.MaxValue);
        var next = all.FindIndex(entry => entry.Time >= to);
        return next > 0 && all[next - 1].Time < from && !all[next].IsAfterGap ? all.GetRange(next - 1, 2) : [];
    }

    private ref Slot Newest => ref _slots[(_oldest + _count - 1) % _slots.Length];

    private void Append(Slot slot)
    {
        while (_count > 0 && _slots[_oldest].Time <= slot.Time - (Most * Step))
        {
            (_oldest, _count) = ((_oldest + 1) % _slots.Length, _count - 1);
        }

        if (_count == _slots.Length)
        {
            var grown = new Slot[Math.Min(_slots.Length * 2, Most)];
            for (var i = 0; i < _count; i++)
            {
                grown[i] = _slots[(_oldest + i) % _slots.Length];
            }

            (_slots, _oldest) = (grown, 0);
        }

        _count++;
        Newest = slot;
    }

    private struct Slot
    {
        public long Time;
        public double Sum;
        public double Min;
        public double Max;
        public int Count;
        public bool IsAfterGap;
    }
}
