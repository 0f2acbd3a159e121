namespace Gateway.Storage;

/// <summary>Times as the files hold them: microseconds since 1970, UTC.</summary>
internal static class Microseconds
{
    public static long From(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The longest time since the machine's start, or of that start since 1970, that is believed: 500 years. Any two of them add up to a time.</summary>
    public const long LongestSpan = 500L * 365 * 24 * 3600 * 1_000_000;

    /// <summary>The earliest time there is.</summary>
    public static readonly long First = From(DateTimeOffset.MinValue);

    /// <summary>The latest time there is.</summary>
    public static readonly long Last = From(DateTimeOffset.MaxValue);

    /// <summary>Whether there is such a time; not in a row that has been damaged.</summary>
    public static bool IsTime(long microseconds) => microseconds >= First && microseconds <= Last;

    /// <summary>The time; for one that there is not, the nearest.</summary>
    public static DateTimeOffset ToTime(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(microseconds, First, Last) * TimeSpan.TicksPerMicrosecond);

    public static long From(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The span; null if it is longer than <see cref="LongestSpan"/>, as in a row that has been damaged.</summary>
    public static TimeSpan? ToSpan(long microseconds) => microseconds is >= -LongestSpan and <= LongestSpan ? new TimeSpan(microseconds * TimeSpan.TicksPerMicrosecond) : null;

    /// <summary>The time in UTC without what is finer than a microsecond.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) => ToTime(From(time));
}
