namespace Gateway.Runtime.Polling;

/// <summary>
/// How busy a bus was in the last minute, and how late its reads began. Kept in six slices of 10 s, of which the oldest is
/// forgotten as the next begins. Allocates nothing after its start. Thread-safe.
/// </summary>
internal sealed class BusMeter
{
    private const int SliceCount = 6;

    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Slice[] _slices = [.. Enumerable.Range(0, SliceCount).Select(_ => new Slice())];
    private TimeSpan _asOf;
    private bool _isBusy;

    /// <summary>From now on the bus is busy, or no longer.</summary>
    /// <param name="isBusy">Which.</param>
    /// <param name="now">Time since the bus started; never less than before.</param>
    public void SetBusy(bool isBusy, TimeSpan now)
    {
        lock (_gate)
        {
            MoveTo(now);
            _isBusy = isBusy;
        }
    }

    /// <summary>A read begins that was due so long ago.</summary>
    public void AddLateness(TimeSpan lateness, TimeSpan now)
    {
        lock (_gate)
        {
            MoveTo(now);
            Current.Lateness.Add(lateness);
        }
    }

    /// <summary>What the last minute was like, or the time since the start if that is shorter.</summary>
    public (double Utilisation, Lateness Lateness) Measure(TimeSpan now)
    {
        lock (_gate)
        {
            MoveTo(now);
            var window = TimeSpan.FromTicks(_asOf.Ticks % SliceLength.Ticks) + ((SliceCount - 1) * SliceLength);
            window = window < _asOf ? window : _asOf;
            var busy = new TimeSpan(_slices.Sum(slice => slice.Busy.Ticks));
            return (window > TimeSpan.Zero ? busy / window : 0, Sum().ToLateness());
        }
    }

    /// <summary>Adds the lateness of the last minute's reads to that of other buses.</summary>
    public void AddLatenessTo(DurationHistogram others, TimeSpan now)
    {
        lock (_gate)
        {
            MoveTo(now);
            others.Add(Sum());
        }
    }

    private Slice Current => _slices[(int)(_asOf.Ticks / SliceLength.Ticks % SliceCount)];

    private DurationHistogram Sum()
    {
        var sum = new DurationHistogram();
        foreach (var slice in _slices)
        {
            sum.Add(slice.Lateness);
        }

        return sum;
    }

    private void MoveTo(TimeSpan now)
    {
        // After a pause longer than the window it does not matter which of the old slices are cleared first.
        if (now - _asOf > SliceCount * SliceLength)
        {
            Array.ForEach(_slices, static slice => slice.Clear());
            var window = new TimeSpan(now.Ticks - (now.Ticks % SliceLength.Ticks)) - ((SliceCount - 1) * SliceLength);
            _asOf = window;
        }

        while (now > _asOf)
        {
            var sliceEnd = new TimeSpan(_asOf.Ticks - (_asOf.Ticks % SliceLength.Ticks)) + SliceLength;
            var until = now < sliceEnd ? now : sliceEnd;
            Current.Busy += _isBusy ? until - _asOf : TimeSpan.Zero;
            _asOf = until;
            if (until == sliceEnd)
            {
                Current.Clear();
            }
        }
    }

    private sealed class Slice
    {
        public TimeSpan Busy { get; set; }

        public DurationHistogram Lateness { get; } = new();

        public void Clear()
        {
            Busy = TimeSpan.Zero;
            Lateness.Clear();
        }
    }
}
