namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// So many a second in the long run, and so many seconds' worth at once. A rate of 0 is no limit. Times are
/// milliseconds on the broker's clock. Not thread-safe; mutable, hence never readonly.
/// </summary>
/// <param name="perSecond">The rate.</param>
/// <param name="burstSeconds">What may come at once after a pause, in seconds of the rate.</param>
internal struct TokenBucket(int perSecond, int burstSeconds)
{
    /// <summary>After an outage of the network all clients come at once.</summary>
    public const int ConnectBurst = 10;

    private const long Token = 1000;

    private readonly long _capacity = perSecond * Token * burstSeconds;
    private long _level = perSecond * Token * burstSeconds;
    private long _filledAt;

    /// <summary>Takes one; false when there is none.</summary>
    public bool TryTake(long now)
    {
        if (_capacity == 0)
        {
            return true;
        }

        _level = Math.Min(_capacity, _level + ((now - _filledAt) * perSecond));
        _filledAt = now;
        if (_level < Token)
        {
            return false;
        }

        _level -= Token;
        return true;
    }

    /// <summary>Whether the last one was taken: the next <see cref="TryTake"/> at the same time would fail.</summary>
    public readonly bool IsEmpty => _capacity != 0 && _level < Token;
}
