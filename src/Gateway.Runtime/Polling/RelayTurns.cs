namespace Gateway.Runtime.Polling;

/// <summary>
/// When requests of other masters have the bus: whenever no device is due, as long as they cost no more than a twenty-fifth of the
/// polls; while one is due, in a twenty-fifth of the time. Times are durations since the bus started. Pure; not thread-safe.
/// </summary>
/// <param name="pollsPerSecond">How many polls the bus is asked for.</param>
internal sealed class RelayTurns(double pollsPerSecond)
{
    private const double Share = 0.04;

    private TimeSpan _rested;
    private TimeSpan _ended;
    private long _missed;

    /// <summary>From when on a request may be carried.</summary>
    /// <param name="isDeviceDue">Whether a device waits to be read.</param>
    /// <param name="missed">How many polls were left out so far.</param>
    public TimeSpan From(bool isDeviceDue, long missed)
    {
        // Those that the last request cost are as many as may be missed in this time. On a bus that is asked too much others are among them.
        var paid = isDeviceDue ? TimeSpan.MaxValue : _ended + TimeSpan.FromSeconds((missed - _missed) / (Share * pollsPerSecond));
        return paid < _rested ? paid : _rested;
    }

    /// <summary>A request was carried.</summary>
    /// <param name="began">When it began.</param>
    /// <param name="ended">When it ended.</param>
    /// <param name="missed">How many polls had been left out when it began.</param>
    public void Carried(TimeSpan began, TimeSpan ended, long missed)
    {
        _ended = ended;
        _rested = began + ((ended - began) / Share);
        _missed = missed;
    }
}
