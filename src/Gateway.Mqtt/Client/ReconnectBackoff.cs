namespace Gateway.Mqtt.Client;

/// <summary>Exponential back-off with full jitter: a random part of a limit that doubles from the minimum to the maximum.</summary>
internal sealed class ReconnectBackoff(TimeSpan minimum, TimeSpan maximum, Random random)
{
    private TimeSpan? _limit;

    /// <summary>The pause before the next attempt; each call is a failure more.</summary>
    public TimeSpan Next()
    {
        var limit = _limit ?? minimum;
        _limit = TimeSpan.FromTicks(Math.Min(limit.Ticks * 2, maximum.Ticks));
        return limit * random.NextDouble();
    }

    /// <summary>A connection has ended that lasted so long. One that outlived the back-off was a good one; a server that accepts
    /// and drops at once does not reset it.</summary>
    public void ConnectionEnded(TimeSpan lasted)
    {
        if (lasted > _limit)
        {
            _limit = null;
        }
    }
}
