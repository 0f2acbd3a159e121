namespace Gateway.Linux.Timing;

/// <summary>What a machine shows of whether its clock can be believed. Pure.</summary>
/// <remarks>
/// A board without a battery-backed clock boots with the time of its last shutdown, or of 1970, and both look like any other until a time service
/// has asked the network. A container or virtual machine has neither a clock of its own nor a service that sets one, and has the right
/// time from its host: nobody would ever say so.
/// </remarks>
internal readonly record struct ClockSigns
{
    /// <summary>A real-time clock counts seconds.</summary>
    private static readonly TimeSpan RealTimeClockTolerance = TimeSpan.FromSeconds(2);

    /// <summary>The clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>It cannot be earlier: the program was built then, or the clock was saved.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Whether the kernel calls the clock synchronised, adjtimex(2); null: it does not say.</summary>
    public required bool? IsKernelSynchronised { get; init; }

    /// <summary>Whether systemd-timesyncd has set it since the machine's start.</summary>
    public required bool IsSetByTimesync { get; init; }

    /// <summary>What the battery-backed clock says; null: there is none.</summary>
    public required DateTimeOffset? RealTimeClock { get; init; }

    /// <summary>Whether a service is there that will set it, or one that keeps a wrong clock near the right one over restarts.</summary>
    public required bool HasTimeService { get; init; }

    /// <summary>Whether this is such a computer as are built without a battery-backed clock.</summary>
    public required bool IsBoard { get; init; }

    /// <summary>The verdict.</summary>
    public bool IsSynchronised =>
        IsProven || (Now >= NotBefore && RealTimeClock is { } clock && clock >= NotBefore - RealTimeClockTolerance && (Now - clock).Duration() <= RealTimeClockTolerance);

    /// <summary>Whether somebody may set the clock right soon: a service is there for it, or it stands so far behind that nobody can leave it so.</summary>
    public bool MayBeSynchronised => HasTimeService || Now < NotBefore;

    /// <summary>The same without the word of the battery-backed clock, which nobody may have set for years, or ever.</summary>
    public bool IsProven => Now >= NotBefore && (IsKernelSynchronised == true || IsSetByTimesync || !(HasTimeService || IsBoard));
}
