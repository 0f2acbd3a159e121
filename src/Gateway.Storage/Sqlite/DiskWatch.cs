namespace Gateway.Storage.Sqlite;

/// <summary>
/// Notices a disk that does not answer, which throws nothing: whoever writes says when it turns to the disk and when it has come a step further, and a
/// timer looks how long ago that is. Such a disk counts as slow until it has answered in time for a while. Thread-safe.
/// </summary>
internal sealed class DiskWatch : IDisposable, IAsyncDisposable
{
    /// <summary>How long the disk may take to answer before that is told; noticed within a quarter of a second more.</summary>
    public static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(1.7);

    private const int HungTimes = 3; // the patience
    private const int QuietTimes = 6;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly TimeSpan _patience;
    private readonly TimeProvider _timeProvider;
    private readonly Action<bool> _slow;
    private readonly Action _quick;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private long? _busySince;
    private TimeSpan _longest;
    private long _slowSince;
    private bool _isSlow;
    private bool _isStalled;
    private bool _isHung;
    private bool _isTelling;

    /// <param name="patience">How long an answer may take.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="slow">
    /// Is called now and then while the disk is slow, one call at a time, and told whether it is worse than that: whether it took three times as long. Who waits for it
    /// to be sure, and can, should not wait for that.
    /// </param>
    /// <param name="quick">Is called once it is not any more.</param>
    public DiskWatch(TimeSpan patience, TimeProvider timeProvider, Action<bool> slow, Action quick)
    {
        (_patience, _timeProvider, _slow, _quick) = (patience, timeProvider, slow, quick);
        _timer = timeProvider.CreateTimer(_ => Look(), null, Period, Period);
    }

    /// <summary>What is wrong, to be put behind the file's name; null if nothing is.</summary>
    public string? Trouble
    {
        get
        {
            lock (_gate)
            {
                return !_isSlow ? null : _isStalled ? "does not answer" : $"took {Math.Ceiling(_longest.TotalSeconds):0} s to answer";
            }
        }
    }

    /// <summary>The disk is asked for something, and has given what it was asked for before.</summary>
    public void Ask() => Change(_timeProvider.GetTimestamp());

    /// <summary>Nothing is asked of the disk.</summary>
    public void Rest() => Change(null);

    /// <summary>Nobody is told any more, but for what is being told now.</summary>
    public void Dispose() => _timer.Dispose();

    /// <summary>Nobody is told any more.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Change(long? busySince)
    {
        lock (_gate)
        {
            if (_isStalled)
            {
                _longest = TimeSpan.FromTicks(Math.Max(_longest.Ticks, _timeProvider.GetElapsedTime(_busySince!.Value).Ticks));
                (_isStalled, _slowSince) = (false, _timeProvider.GetTimestamp());
            }

            _busySince = busySince;
        }
    }

    private void Look()
    {
        bool isSlow, isHung;
        lock (_gate)
        {
            if (_isTelling)
            {
                return;
            }

            var busy = _busySince is { } since ? _timeProvider.GetElapsedTime(since) : TimeSpan.Zero;
            _isStalled = busy >= _patience;
            isSlow = _isStalled || (_isSlow && _timeProvider.GetElapsedTime(_slowSince) < QuietTimes * _patience);
            if (!isSlow && !_isSlow)
            {
                return;
            }

            isHung = isSlow && (_isHung || busy >= HungTimes * _patience);
            (_isSlow, _isHung, _longest, _isTelling) = (isSlow, isHung, isSlow ? _longest : TimeSpan.Zero, true);
        }

        if (isSlow)
        {
            _slow(isHung);
        }
        else
        {
            _quick();
        }

        lock (_gate)
        {
            _isTelling = false;
        }
    }
}
