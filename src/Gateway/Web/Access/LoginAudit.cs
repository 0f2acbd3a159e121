using System.Net;

namespace Gateway.Web.Access;

/// <summary>
/// What became of log-ins at the page: each is counted, and told in the log with user and address. Those that have to wait are told once in ten
/// seconds, and all others within that are counted only, so that nobody fills the log. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Where it is told.</param>
internal sealed class LoginAudit(TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private long _accepted;
    private long _wrong;
    private long _throttled;
    private long _busy;
    private long _nextLine = timeProvider.GetTimestamp();

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
            Log.PageLoginWrong(logger, user, address);
        }
        else
        {
            Interlocked.Increment(ref _throttled);
            NoteThrottled(user, address, outcome.Wait);
        }
    }

    /// <summary>Tells of a session that begins. Programs that show their password with each request begin none.</summary>
    public void NoteSession(string user, IPAddress? from) => Log.PageLogin(logger, user, Describe(from));

    private static string Describe(IPAddress? from) => from is null ? "?" : (from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from).ToString();

    private void NoteThrottled(string user, string address, TimeSpan wait)
    {
        var (next, now) = (Volatile.Read(ref _nextLine), timeProvider.GetTimestamp());
        if (now >= next && Interlocked.CompareExchange(ref _nextLine, now + (long)(Pause.TotalSeconds * timeProvider.TimestampFrequency), next) == next)
        {
            Log.PageLoginThrottled(logger, user, address, wait.TotalSeconds);
        }
    }
}
