using Gateway.Linux.Serial;

namespace Gateway.Linux.Timing;

/// <summary>
/// The system's clock with the precise timers of a <see cref="LineThread"/>, for what has no line of its own: one thread for all of
/// them, which begins with the first. Callbacks must be short and must not throw. Thread-safe.
/// </summary>
/// <remarks>Meant for some dozens of timers: they are kept in a list.</remarks>
public sealed class PreciseTimeProvider : TimeProvider
{
    private static readonly LineThread Timers = new("timers");

    private PreciseTimeProvider()
    {
    }

    /// <summary>The one of this process.</summary>
    public static PreciseTimeProvider Shared { get; } = new();

    /// <summary>
    /// This clock in place of the system's; any other, such as a test's, stays.
    /// </summary>
    public static TimeProvider InPlaceOf(TimeProvider timeProvider) => timeProvider == System ? Shared : timeProvider;

    /// <inheritdoc/>
    /// <remarks>The callback comes on the thread of the timers, without the execution context of the caller.</remarks>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Timers.CreateTimer(callback, state, dueTime, period);
}
