using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Timing;

/// <summary>
/// Tells what times of acquisition are worth. A driver stamps a reading with UTC as the machine has it, and need not know that this may be
/// wrong until the clock is synchronised: here the stamp is turned into time since the machine's start, which nobody sets, by what UTC
/// was ahead of that when the stamp was made. From that it is right again once the clock is. Thread-safe.
/// </summary>
/// <remarks>
/// It looks at the clock whenever it is asked, so a step shows with the next reading; while the clock is not synchronised, a look a second asks
/// whether it is by now. Once it was, it counts as synchronised until the machine starts anew: what a crystal drifts without a network
/// is seconds in days. UTC and the time since the start are disciplined by the kernel alike, so only a step makes a difference between them.
/// </remarks>
public sealed class AcquisitionClock
{
    /// <summary>A smaller difference is none: two clocks are read one after the other.</summary>
    private static readonly TimeSpan SmallestStep = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromSeconds(1);
    private const int LookTries = 5;
    private const int MaxStretches = 16;

    private readonly IMachineClock _machine;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly List<Stretch> _stretches = [];
    private TimeSpan _lookedAt;
    private TimeSpan _checkedAt;
    private TimeSpan? _offset;
    private bool _isAdopted;
    private bool _isProven;
    private TimeSpan? _provenCheckedAt;

    /// <param name="machine">What the machine knows.</param>
    /// <param name="logger">Takes steps of the clock, and when it is synchronised.</param>
    public AcquisitionClock(IMachineClock machine, ILogger<AcquisitionClock> logger)
    {
        ArgumentNullException.ThrowIfNull(machine);
        (_machine, _logger) = (machine, logger);
        var (uptime, offset) = ReadBoth();
        var isSynchronised = machine.IsSynchronised();
        _stretches.Add(new Stretch(offset, uptime, isSynchronised));
        _lookedAt = _checkedAt = uptime;
        _offset = isSynchronised ? offset : null;
        if (!isSynchronised)
        {
            Log.ClockUnsynchronised(logger, machine.UtcNow);
        }
    }

    /// <summary>Names the time from one start of the machine to the next.</summary>
    public string BootId => _machine.BootId;

    /// <summary>Time since the machine was started.</summary>
    public TimeSpan Uptime => _machine.Uptime;

    /// <summary>Whether the clock is synchronised, or was since the machine was started. Looks.</summary>
    public bool IsSynchronised => Offset is not null;

    /// <summary>Whether it is worth waiting for: it is not synchronised, and may be soon. Looks.</summary>
    public bool IsAwaited => !IsSynchronised && _machine.MayBeSynchronised();

    /// <summary>What UTC was ahead of <see cref="Uptime"/> by when the clock was synchronised first, as a time since 1970; null if it was not yet. Looks.</summary>
    public TimeSpan? Offset
    {
        get
        {
            lock (_gate)
            {
                Look();
                return _offset;
            }
        }
    }

    /// <summary>
    /// UTC for telling how old something is that an earlier start of the machine stamped; null while nobody knows it, or nobody but a battery-backed
    /// clock says it. A step of the clock makes nothing older than it is: of UTC and what it would be without its steps since it was synchronised, the earlier one counts.
    /// </summary>
    public DateTimeOffset? AgeNow
    {
        get
        {
            lock (_gate)
            {
                var (uptime, utcOffset) = Look();
                return _offset is { } offset && IsProven(uptime) ? ToUtc(uptime, offset < utcOffset ? offset : utcOffset) : null;
            }
        }
    }

    /// <summary>What a time of acquisition is worth.</summary>
    /// <param name="time">The machine's UTC at the acquisition.</param>
    public AcquisitionStamp Stamp(DateTimeOffset time)
    {
        lock (_gate)
        {
            var (now, _) = Look();
            var stretch = FindStretch(time, now, out var uptime);
            return stretch.IsSynchronised ? new AcquisitionStamp(time, uptime, IsSynchronised: true)
                : _offset is { } offset ? new AcquisitionStamp(ToUtc(uptime, offset), uptime, IsSynchronised: true)
                : new AcquisitionStamp(time, uptime, IsSynchronised: false);
        }
    }

    /// <summary>The clock was synchronised since the machine's start, an earlier run says: UTC was ahead by so much then.</summary>
    public void Adopt(TimeSpan offset)
    {
        lock (_gate)
        {
            var (uptime, utcOffset) = Look();
            if (_isAdopted)
            {
                return;
            }

            _isAdopted = true;
            if (_offset is null)
            {
                Add(new Stretch(utcOffset, _lookedAt, IsSynchronised: true), uptime);
            }

            _offset = offset;
        }
    }

    /// <summary>UTC at a time since the machine's start.</summary>
    internal static DateTimeOffset ToUtc(TimeSpan uptime, TimeSpan offset) => DateTimeOffset.UnixEpoch + offset + uptime;

    private (TimeSpan Uptime, TimeSpan Offset) Look()
    {
        var (uptime, offset) = ReadBoth();
        var last = _stretches[^1];
        var step = offset - last.Offset;
        var isStep = step.Duration() >= SmallestStep;
        var isFirst = false;
        if (_offset is null && (isStep || uptime - _checkedAt >= CheckPeriod))
        {
            _checkedAt = uptime;
            isFirst = _machine.IsSynchronised();
        }

        if (isStep)
        {
            Log.ClockStepped(_logger, step.TotalSeconds);
        }

        if (isFirst)
        {
            _offset = offset;
            Log.ClockSynchronised(_logger, (offset - _stretches[0].Offset).TotalSeconds);
        }

        if (isStep || isFirst)
        {
            // The step was at some time since the last look.
            Add(new Stretch(offset, _lookedAt, isFirst || last.IsSynchronised), uptime);
        }

        _lookedAt = uptime;
        return (uptime, _stretches[^1].Offset);
    }

    private bool IsProven(TimeSpan uptime)
    {
        if (!_isProven && !(uptime - _provenCheckedAt < CheckPeriod))
        {
            (_provenCheckedAt, _isProven) = (uptime, _machine.IsProven());
        }

        return _isProven;
    }

    private void Add(in Stretch next, TimeSpan now)
    {
        _stretches[^1] = _stretches[^1] with { To = now };
        _stretches.Add(next);
        if (_stretches.Count > MaxStretches)
        {
            _stretches.RemoveAt(0);
        }
    }

    /// <summary>The stretch in which the machine's UTC was such a time: the latest, if there are several.</summary>
    private Stretch FindStretch(DateTimeOffset time, TimeSpan now, out TimeSpan uptime)
    {
        for (var i = _stretches.Count - 1; i >= 0; i--)
        {
            var stretch = _stretches[i];
            uptime = time - DateTimeOffset.UnixEpoch - stretch.Offset;
            if (uptime >= stretch.From - SmallestStep && uptime <= (stretch.To ?? now) + SmallestStep)
            {
                return stretch;
            }
        }

        // A stamp from before this clock began, or of some other clock.
        var last = _stretches[^1];
        uptime = last.IsSynchronised ? time - DateTimeOffset.UnixEpoch - last.Offset : now;
        return last;
    }

    private (TimeSpan Uptime, TimeSpan Offset) ReadBoth()
    {
        var (shortest, uptime, offset) = (TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.Zero);
        for (var left = LookTries; left > 0 && shortest > LongestLook; left--)
        {
            var before = _machine.Uptime;
            var utc = _machine.UtcNow;
            var after = _machine.Uptime;
            if (after - before < shortest)
            {
                (shortest, uptime) = (after - before, after);
                offset = utc - DateTimeOffset.UnixEpoch - before - (shortest / 2);
            }
        }

        return (uptime, offset);
    }

    /// <summary>A time in which UTC was not set.</summary>
    /// <param name="Offset">What it was ahead of the time since the machine's start by.</param>
    /// <param name="From">Not later than its beginning, since the machine's start.</param>
    /// <param name="IsSynchronised">Whether it could be believed.</param>
    /// <param name="To">Not earlier than its end; null: it goes on.</param>
    private readonly record struct Stretch(TimeSpan Offset, TimeSpan From, bool IsSynchronised, TimeSpan? To = null);
}
