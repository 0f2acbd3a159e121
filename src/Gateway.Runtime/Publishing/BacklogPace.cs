namespace Gateway.Runtime.Publishing;

/// <summary>
/// How many messages of the backlog may be under way at once: so many that the connection is busy, and so few that what is live or urgent
/// does not wait long behind them. Found by the time that one message at a time takes from its hand-over to its end. Pure; not thread-safe.
/// </summary>
internal sealed class BacklogPace
{
    /// <summary>The smallest window, and that of a new connection.</summary>
    public const int Least = 32;

    /// <summary>The longest that a message may wait behind the backlog, unless the connection itself is as slow.</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(250);

    private readonly int _most;
    private TimeSpan _shortest = TimeSpan.MaxValue;

    /// <param name="most">The largest window.</param>
    public BacklogPace(int most) => (_most, Window) = (most, Math.Min(Least, most));

    /// <summary>Messages that may be under way.</summary>
    public int Window { get; private set; }

    /// <summary>A connection begins, of which nothing is known.</summary>
    public void Restart() => (Window, _shortest) = (Math.Min(Least, _most), TimeSpan.MaxValue);

    /// <summary>A message took so long.</summary>
    public void Observe(TimeSpan taken)
    {
        _shortest = taken < _shortest ? taken : _shortest;
        var bound = _shortest * 2 > Target ? _shortest * 2 : Target;
        Window = taken <= bound
            ? Math.Min(_most, Window + (Window / 2))
            : Math.Max(Math.Min(Least, _most), (int)(Window * Math.Max(0.5, bound / taken)));
    }
}
