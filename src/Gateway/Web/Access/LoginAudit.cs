using System.Net;

namespace Gateway.Web.Access;

/// <summary>
/// What became of log-ins at the page: each is counted, and told in the log with user and address. Of those that have to wait one is told in ten
/// seconds, of those that are wrong ten, and all others within that are counted only, so that nobody fills the log. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Where it is told.</param>
internal sealed class LoginAudit(TimeProvider timeProvider, ILogger logger)
{
    private readonly LinePace _wrongLines = new(10, timeProvider);
    private readonly LinePace _throttledLines = new(1, timeProvider);
    private long _accepted;
    private long _wrong;
    private long _throttled;
    private long _busy;

    /// <summary>How many log-ins came to each outcome.</summary>
    public IEnumerable<(string Outcome, long Count)> Counts =>
    [
        ("accepted", Volatile.Read(ref _accepted)),
        ("wrong", Volatile.Read(ref _wrong)),
        ("throttled", Volatile.Read(ref _throttled)),
        ("busy", Volatile.Read(ref _busy)),
    ];

    /// <summary>Notes a password that was tried, or was not.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="from">Where.</param>
    /// <param name="outcome">What became of it.</param>
    public void Note(string user, IPAddress? from, LoginOutcome outcome)
    {
        var address = Describe(from);
        if (outcome.IsAccepted)
        {
            Interlocked.Increment(ref _accepted);
        }
        else if (outcome.IsBusy)
        {
            Interlocked.Increment(ref _busy);
        }
        else if (outcome.Wait == TimeSpan.Zero)
        {
            Interlocked.Increment(ref _wrong);
            if (_wrongLines.TryTake())
            {
                Log.PageLoginWrong(logger, user, address);
            }
        }
        else
        {
            Interlocked.Increment(ref _throttled);
            if (_throttledLines.TryTake())
            {
                Log.PageLoginThrottled(logger, user, address, outcome.Wait.TotalSeconds);
            }
        }
    }

    /// <summary>Tells of a session that begins. Programs that show their password with each request begin none.</summary>
    public void NoteSession(string user, IPAddress? from) => Log.PageLogin(logger, user, Describe(from));

    private static string Describe(IPAddress? from) => from is null ? "?" : (from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from).ToString();

    /// <summary>So many lines within ten seconds, counted from the first.</summary>
    private sealed class LinePace(int most, TimeProvider timeProvider)
    {
        private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

        private readonly Lock _gate = new();
        private long _began;
        private int _taken;

        public bool TryTake()
        {
            lock (_gate)
            {
                if (_taken == 0 || timeProvider.GetElapsedTime(_began) >= Window)
                {
                    (_began, _taken) = (timeProvider.GetTimestamp(), 0);
                }

                // Not beyond that: who floods for long enough would begin anew.
                _taken = Math.Min(_taken + 1, most + 1);
                return _taken <= most;
            }
        }
    }
}
