namespace Gateway.Drivers.Chips;

/// <summary>
/// When the measurement for the next read of a chip should begin. The next read is expected a period after this one; but a late read is
/// followed by one that is less late, and comes sooner than that: then the next is expected sooner, and where the value lies ready for
/// long, later again.
/// </summary>
internal sealed class ReadExpectation
{
    /// <summary>The earliest that a measurement is begun before its time, where reads come sooner than they were expected.</summary>
    public static readonly TimeSpan MaxAdvance = TimeSpan.FromSeconds(1);

    /// <summary>How long before a read is due a measurement should be over.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(5);

    private TimeSpan _advance;

    /// <summary>Learns from a read and expects the next.</summary>
    /// <param name="every">The period.</param>
    /// <param name="takes">How long the chip takes for a measurement.</param>
    /// <param name="readyFor">For how long the value had been lying ready when the read came; null if it was not there.</param>
    /// <param name="delay">How long after this read began the next measurement should begin; may be negative.</param>
    /// <returns>False if the period is too short for a measurement to be begun ahead.</returns>
    public bool TryExpectNext(TimeSpan every, TimeSpan takes, TimeSpan? readyFor, out TimeSpan delay)
    {
        var lead = takes + Margin;
        delay = default;
        if (every <= 2 * lead)
        {
            return false;
        }

        var most = every / 2 < MaxAdvance ? every / 2 : MaxAdvance;
        var advance = readyFor is { } lay ? _advance - ((lay - Margin) / 2) : (2 * _advance) + (every / 8);
        _advance = advance < TimeSpan.Zero ? TimeSpan.Zero : advance < most ? advance : most;
        delay = every - lead - _advance;
        return true;
    }
}
