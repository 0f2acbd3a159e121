using Gateway.Storage.Timing;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// How long an uplink's backlog waits for the machine's clock: the network that brings the uplink back brings the time some seconds later, and what waits
/// until then leaves with its right time. One minute of connections at most; a new one once the backlog has gone and the uplink was away for ten. So neither a machine
/// that is never told the time nor a line that drops pays for more. Not thread-safe, but for <see cref="IsOver"/>.
/// </summary>
/// <param name="clock">What times of acquisition are worth.</param>
/// <param name="timeProvider">The clock of waits.</param>
internal sealed class ClockWait(AcquisitionClock clock, TimeProvider timeProvider)
{
    /// <summary>What it says of itself.</summary>
    public const string Reason = "the backlog waits for the clock to be synchronised, a minute at most";

    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    internal static readonly TimeSpan LongAbsence = TimeSpan.FromMinutes(10);

    private readonly long _started = timeProvider.GetTimestamp();
    private TimeSpan? _lastSeen; // when there was a connection last, since the start
    private TimeSpan _spent;
    private bool _isBacklogDone;

    /// <summary>Whether there is nothing to wait for any more.</summary>
    public bool IsOver => clock.IsSynchronised;

    /// <summary>A connection begins: whether its backlog waits.</summary>
    public bool Begin()
    {
        var now = timeProvider.GetElapsedTime(_started);
        if (_isBacklogDone && now - _lastSeen >= LongAbsence)
        {
            _spent = TimeSpan.Zero;
        }

        (_lastSeen, _isBacklogDone) = (now, false);
        return Goes();
    }

    /// <summary>Some time later, on the same connection: whether its backlog goes on waiting.</summary>
    /// <param name="isHolding">Whether there is any that waits.</param>
    /// <param name="isBacklogDone">Whether all of it has arrived.</param>
    public bool Continue(bool isHolding, bool isBacklogDone)
    {
        var now = timeProvider.GetElapsedTime(_started);
        _spent += isHolding ? now - (_lastSeen ?? now) : TimeSpan.Zero;
        (_lastSeen, _isBacklogDone) = (now, isBacklogDone);
        return Goes();
    }

    private bool Goes() => _spent < Longest && clock.IsAwaited;
}
