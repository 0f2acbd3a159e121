namespace Gateway.Runtime.Polling;

/// <summary>
/// When requests of other masters have the bus: whenever no device is due, as long as that makes no poll be left out; else, and
/// after one that did, in a twenty-fifth of the time. Times are durations since the bus started. Pure; not thread-safe.
/// </summary>
internal sealed class RelayTurns
{
    private const int RestPerRequest = 24;

    private TimeSpan _rested;
    private TimeSpan _ended;
    private long _missed;

    /// <summary>From when on a request may be carried.</summary>
    /// <param name="isDeviceDue">Whether a device waits to be read.</param>
    /// <param name="missed">How many polls were left out so far.</param>
    public TimeSpan From(bool isDeviceDue, long missed) => isDeviceDue || missed > _missed ? _rested : _ended;

    /// <summary>A request was carried.</summary>
    /// <param name="began">When it began.</param>
    /// <param name="ended">When it ended.</param>
    /// <param name="missed">How many polls had been left out when it began.</param>
    public void Carried(TimeSpan began, TimeSpan ended, long missed)
    {
        _ended = ended;
        _rested = ended + (RestPerRequest * (ended - began));
        _missed = missed;
    }
}
