namespace Gateway.Shared;

/// <summary>
/// Lets one line of a kind into the log each minute and counts the others: what strangers bring about must not fill the disk.
/// Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <remarks>Compiled into each assembly that serves strangers: rooms that don't know each other share no library.</remarks>
internal sealed class LogPace(TimeProvider timeProvider)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _lastAt;
    private long _leftOut;

    /// <summary>Whether the line is due. False: it is counted.</summary>
    /// <param name="more">What to put behind the line: how many were left out since the last; empty for none.</param>
    public bool TryTake(out string more)
    {
        more = "";
        lock (_gate)
        {
            if (_lastAt is { } last && timeProvider.GetElapsedTime(last) < Interval)
            {
                _leftOut++;
                return false;
            }

            if (_leftOut > 0)
            {
                more = FormattableString.Invariant($" ({_leftOut} more like this since the last such line)");
            }

            _lastAt = timeProvider.GetTimestamp();
            _leftOut = 0;
            return true;
        }
    }
}
