using Gateway.Storage.Timing;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Timing;

/// <summary>A machine whose start, clock and synchronisation are the test's to say.</summary>
internal sealed class MachineClock(ManualTimeProvider time) : IMachineClock
{
    private readonly long _from = time.GetTimestamp();

    public string BootId { get; init; } = Guid.NewGuid().ToString();

    public TimeSpan Uptime => time.GetElapsedTime(_from) + UptimeAtStart;

    public TimeSpan UptimeAtStart { get; init; } = TimeSpan.FromSeconds(30);

    public DateTimeOffset UtcNow => time.GetUtcNow();

    public bool IsKernelSynchronised { get; set; }

    /// <summary>Whether it is a battery-backed clock alone that says so.</summary>
    public bool IsUnproven { get; set; }

    public int Checks { get; private set; }

    public bool IsSynchronised()
    {
        Checks++;
        return IsKernelSynchronised;
    }

    public bool MayBeSynchronised() => true;

    public bool IsProven() => IsKernelSynchronised && !IsUnproven;
}
