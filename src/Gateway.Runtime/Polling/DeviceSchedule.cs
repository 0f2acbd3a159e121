using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Polling;

/// <summary>
/// When the points of one device come due. Points of one rate form a group; groups that are due together are read together.
/// Times are durations since the bus started, on the monotonic clock. Pure; not thread-safe.
/// </summary>
internal sealed class DeviceSchedule
{
    private const int MaxGroups = 64;

    private readonly Group[] _groups;
    private readonly TimeSpan? _retryMinimum;
    private readonly TimeSpan? _retryMaximum;
    private int _failures;

    /// <param name="device">The device.</param>
    /// <param name="phase">Which share (0 to 1) of its fastest period the device is set off by, so that devices of one rate don't come due at once.</param>
    /// <param name="now">The time.</param>
    public DeviceSchedule(DeviceDefinition device, double phase, TimeSpan now = default)
    {
        Device = device;
        Due = now;
        _retryMinimum = device.Settings.TryGet<TimeSpan>("retry-after", out var minimum) ? minimum : null;
        _retryMaximum = device.Settings.TryGet<TimeSpan>("max-retry-after", out var maximum) ? maximum : null;
        _groups = [.. GroupByRate(device)];
        var offset = _groups[0].Every * phase;
        foreach (var group in _groups)
        {
            (group.Phase, group.Due) = (offset, now);
        }
    }

    public DeviceDefinition Device { get; }

    /// <summary>When the device is to be read next. The first read is due at once.</summary>
    public TimeSpan Due { get; private set; }

    public bool IsFailing => _failures > 0;

    /// <summary>How many polls a second its rates ask for.</summary>
    public double PollsPerSecond => _groups.Sum(group => 1 / group.Every.TotalSeconds);

    /// <summary>Polls that were left out since the bus could not keep up.</summary>
    public long Missed { get; private set; }

    /// <summary>When the first of the groups that are due comes due again; a probe of a failing device does not wait.</summary>
    public TimeSpan DeadlineAt(TimeSpan now)
    {
        if (IsFailing)
        {
            return Due;
        }

        var deadline = TimeSpan.MaxValue;
        foreach (var group in _groups)
        {
            if (group.Due <= now && group.Due + group.Every < deadline)
            {
                deadline = group.Due + group.Every;
            }
        }

        return deadline < TimeSpan.MaxValue ? deadline : Due;
    }

    /// <summary>The groups that are due, a bit each, in order of their period.</summary>
    public ulong DueGroups(TimeSpan now)
    {
        var mask = 0UL;
        for (var i = 0; i < _groups.Length; i++)
        {
            if (_groups[i].Due <= now)
            {
                mask |= 1UL << i;
            }
        }

        // A probe of a failing device may come before any group's own time; the fastest group serves as the probe.
        return mask == 0 ? 1 : mask;
    }

    public IReadOnlyList<PointDefinition> PointsOf(ulong mask) =>
        [.. _groups.Where((_, i) => (mask & (1UL << i)) != 0).SelectMany(g => g.Points)];

    /// <summary>The groups were read: they are due again at the next place of their grid.</summary>
    public void Succeed(ulong mask, TimeSpan now)
    {
        for (var i = 0; i < _groups.Length; i++)
        {
            if ((mask & (1UL << i)) != 0)
            {
                var skipped = _groups[i].MoveOn(now);
                Missed += IsFailing ? 0 : skipped;
            }
        }

        _failures = 0;
        Due = EarliestDue();
    }

    /// <summary>Groups that were not among those read come due at once.</summary>
    public void ReadRest(ulong mask, TimeSpan now)
    {
        for (var i = 0; i < _groups.Length; i++)
        {
            if ((mask & (1UL << i)) == 0 && _groups[i].Due > now)
            {
                _groups[i].Due = now;
            }
        }

        Due = EarliestDue();
    }

    /// <summary>The device is read as soon as the bus is free: something says that it is not what its last read said.</summary>
    public void ReadSoon(TimeSpan now) => Due = now < Due ? now : Due;

    /// <summary>The device did not answer: it is asked again after a wait that doubles, never sooner than its own period.</summary>
    public void Fail(ulong mask, TimeSpan now, PollOptions options)
    {
        var failures = _failures + 1;
        Succeed(mask, now);
        _failures = failures;
        var wait = (_retryMinimum ?? options.DeviceRetryMinimum) * Math.Pow(2, Math.Min(failures - 1, 16));
        var maximum = _retryMaximum ?? options.DeviceRetryMaximum;
        wait = wait < maximum ? wait : maximum;
        Due = now + (wait > _groups[0].Every ? wait : _groups[0].Every);
    }

    private TimeSpan EarliestDue()
    {
        var earliest = _groups[0].Due;
        foreach (var group in _groups)
        {
            earliest = group.Due < earliest ? group.Due : earliest;
        }

        return earliest;
    }

    // A bit per group: beyond 64 rates the slowest points join the group before them and are read more often than they ask.
    private static IEnumerable<Group> GroupByRate(DeviceDefinition device)
    {
        var rates = device.Points.GroupBy(p => p.Every).OrderBy(g => g.Key).ToList();
        return rates.Take(MaxGroups - 1).Select(g => new Group(g.Key, [.. g]))
            .Concat(rates.Skip(MaxGroups - 1).Take(1).Select(g => new Group(g.Key, [.. rates.Skip(MaxGroups - 1).SelectMany(rest => rest)])));
    }

    private sealed class Group(TimeSpan every, PointDefinition[] points)
    {
        public TimeSpan Every { get; } = every;

        public PointDefinition[] Points { get; } = points;

        public TimeSpan Phase { get; set; }

        public TimeSpan Due { get; set; }

        /// <summary>Moves to the first place of the grid (phase + n × every) after now; answers how many places were left out.</summary>
        public long MoveOn(TimeSpan now)
        {
            var periods = Math.Floor((now - Phase) / Every) + 1;
            var next = Phase + (Every * periods);
            var skipped = Due > TimeSpan.Zero ? (long)Math.Round((next - Due) / Every) - 1 : 0;
            Due = next;
            return Math.Max(0, skipped);
        }
    }
}
