namespace Gateway.Storage.Timing;

/// <summary>A machine whose time is believed, where nothing better is known of it: that of a <see cref="TimeProvider"/>.</summary>
/// <param name="timeProvider">The clock.</param>
public sealed class BelievedClock(TimeProvider timeProvider) : IMachineClock
{
    private readonly long _from = timeProvider.GetTimestamp();

    /// <inheritdoc/>
    public string BootId { get; } = Guid.NewGuid().ToString();

    /// <inheritdoc/>
    public TimeSpan Uptime => timeProvider.GetElapsedTime(_from);

    /// <inheritdoc/>
    public DateTimeOffset UtcNow => timeProvider.GetUtcNow();

    /// <inheritdoc/>
    public bool IsSynchronised() => true;

    /// <inheritdoc/>
    public bool MayBeSynchronised() => true;

    /// <inheritdoc/>
    public bool IsProven() => true;
}
