using Gateway.Linux.Timing;
using Gateway.Storage.Timing;

namespace Gateway.Hosting;

/// <summary>This machine's clock, as the configuration has it judged.</summary>
/// <param name="timeProvider">UTC.</param>
internal sealed class MachineClock(TimeProvider timeProvider) : IMachineClock
{
    private readonly SystemClock _system = new(timeProvider);
    private volatile bool _isTrusted;

    /// <summary>Whether it is believed whatever it says of itself.</summary>
    public bool IsTrusted { set => _isTrusted = value; }

    public string BootId => _system.BootId;

    public TimeSpan Uptime => SystemClock.Uptime;

    public DateTimeOffset UtcNow => timeProvider.GetUtcNow();

    public bool IsSynchronised() => _isTrusted || _system.IsSynchronised();

    public bool MayBeSynchronised() => _system.MayBeSynchronised();

    public bool IsProven() => _isTrusted || _system.IsProven();
}
