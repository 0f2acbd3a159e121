namespace Gateway.Storage.Timing;

/// <summary>What the machine knows of time. Cheap, throws nothing, thread-safe.</summary>
public interface IMachineClock
{
    /// <summary>Names the time from one start of the machine to the next; not empty.</summary>
    string BootId { get; }

    /// <summary>Time since the machine was started, with the time that it slept. Nobody sets it.</summary>
    TimeSpan Uptime { get; }

    /// <summary>UTC as the machine has it, right or wrong.</summary>
    DateTimeOffset UtcNow { get; }

    /// <summary>Whether UTC can be believed now: it was set by somebody who knows it.</summary>
    bool IsSynchronised();

    /// <summary>Whether somebody is there who may set UTC right soon, while it cannot be believed.</summary>
    bool MayBeSynchronised();

    /// <summary>
    /// Whether that is proven, so that something may be thrown away because it is too old: not by the word of a battery-backed clock alone, which may stand
    /// years off.
    /// </summary>
    bool IsProven();
}
