using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Timing;

/// <summary>The machine's clocks, and whether UTC can be believed. Thread-safe; nothing here throws.</summary>
/// <remarks>
/// To ask costs a system call and a look at a few names in <c>/run</c> and <c>/sys</c>, some 30 µs, which once a second is nothing: a
/// timer that the kernel cancels when the clock is set (TFD_TIMER_CANCEL_ON_SET) would tell of a step at once, but of a clock that was found
/// right without one it says nothing.
/// </remarks>
public sealed class SystemClock
{
    private static readonly string[] TimeServices = ["run/systemd/timesync", "run/chrony", "run/chronyd.pid", "run/ntpd.pid", "run/ntpsec", "run/openntpd.pid", "etc/fake-hwclock.data"];

    private readonly string _root;
    private readonly TimeProvider _timeProvider;
    private readonly DateTimeOffset _built;

    /// <param name="timeProvider">UTC.</param>
    public SystemClock(TimeProvider timeProvider)
        : this(timeProvider, "/", FindBuildTime())
    {
    }

    internal SystemClock(TimeProvider timeProvider, string root, DateTimeOffset built) => (_timeProvider, _root, _built) = (timeProvider, root, built);

    /// <summary>Names the time since the machine's start, <c>/proc/sys/kernel/random/boot_id</c>; a name of its own where that cannot be read.</summary>
    public string BootId => field ??= (ReadText("proc/sys/kernel/random/boot_id") ?? Guid.NewGuid().ToString()).Trim();

    /// <summary>CLOCK_BOOTTIME: time since the machine's start, with the time that it slept.</summary>
    public static TimeSpan Uptime
    {
        get
        {
            _ = Libc.clock_gettime(Libc.CLOCK_BOOTTIME, out var time);
            return new TimeSpan((time.tv_sec * TimeSpan.TicksPerSecond) + (time.tv_nsec / TimeSpan.NanosecondsPerTick));
        }
    }

    /// <summary>Whether UTC can be believed now.</summary>
    public bool IsSynchronised() => Look().IsSynchronised;

    /// <summary>Whether somebody is there who may set UTC right soon, while it cannot be believed.</summary>
    public bool MayBeSynchronised() => Look().MayBeSynchronised;

    /// <summary>Whether it can without the word of a battery-backed clock.</summary>
    public bool IsProven() => Look().IsProven;

    internal ClockSigns Look() => new()
    {
        Now = _timeProvider.GetUtcNow(),
        NotBefore = Latest(_built, ReadWriteTime("var/lib/systemd/timesync/clock")),
        IsKernelSynchronised = AskKernel(),
        IsSetByTimesync = File.Exists(At("run/systemd/timesync/synchronized")),
        RealTimeClock = ReadRealTimeClock(),
        HasTimeService = TimeServices.Any(name => Path.Exists(At(name))),
        IsBoard = RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.X86),
    };

    private static DateTimeOffset Latest(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    // A sandbox may forbid the call: then the kernel says nothing.
    private static bool? AskKernel()
    {
        timex time = default;
        return Libc.adjtimex(ref time) < 0 ? null : (time.status & Libc.STA_UNSYNC) == 0;
    }

    // A package gives its files the time of its source.
    private static DateTimeOffset FindBuildTime()
    {
        var path = typeof(SystemClock).Assembly.Location is { Length: > 0 } assembly ? assembly : Environment.ProcessPath;
        return path is null ? DateTimeOffset.UnixEpoch : File.GetLastWriteTimeUtc(path);
    }

    private string At(string name) => Path.Combine(_root, name);

    private DateTimeOffset ReadWriteTime(string name) => File.Exists(At(name)) ? File.GetLastWriteTimeUtc(At(name)) : DateTimeOffset.UnixEpoch;

    private DateTimeOffset? ReadRealTimeClock()
    {
        foreach (var number in Enumerable.Range(0, 4))
        {
            if (long.TryParse(ReadText($"sys/class/rtc/rtc{number}/since_epoch"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var seconds)
                && seconds is >= 0 and < uint.MaxValue)
            {
                return DateTimeOffset.FromUnixTimeSeconds(seconds);
            }
        }

        return null;
    }

    private string? ReadText(string name)
    {
        try
        {
            return File.Exists(At(name)) ? File.ReadAllText(At(name)) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
