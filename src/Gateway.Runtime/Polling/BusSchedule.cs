using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Polling;

/// <summary>
/// Which device of a bus is read next: of those that are due the one with the earliest deadline, that is, whose points
/// come due again first. Devices that fail are probed in a twentieth of the time at most, as long as another one answers.
/// Times are durations since the bus started, on the monotonic clock. Pure; not thread-safe.
/// </summary>
internal sealed class BusSchedule
{
    private DeviceSchedule[] _devices;
    private Dictionary<string, DeviceSchedule> _byName;
    private readonly PollOptions _options;
    private readonly ProbeBudget _budget = new();
    private TimeSpan _busDue;
    private int _busFailures;
    private long _missedByOthers;

    public BusSchedule(BusDefinition bus, PollOptions options)
    {
        _options = options;
        var count = bus.Devices.Count;
        _devices = [.. bus.Devices.Select((device, i) => new DeviceSchedule(device, (i + options.Phase) / count))];
        _byName = _devices.ToDictionary(device => device.Device.Name);
    }

    /// <summary>How many polls a second the rates of all groups ask for.</summary>
    public double PollsPerSecond => _devices.Sum(d => d.PollsPerSecond);

    public long Missed => Interlocked.Read(ref _missedByOthers) + _devices.Sum(d => d.Missed);

    public DeviceSchedule? Find(string deviceName) => _byName.GetValueOrDefault(deviceName);

    private bool HasHealthyDevice => Array.Exists(_devices, static device => !device.IsFailing);

    /// <summary>Schedules another definition. Devices that are the same object keep their times; others are due at once.</summary>
    /// <param name="bus">What is to be read.</param>
    /// <param name="now">The time.</param>
    /// <returns>What was scheduled and is no more.</returns>
    public IReadOnlyCollection<DeviceSchedule> Reload(BusDefinition bus, TimeSpan now)
    {
        var count = bus.Devices.Count;
        var gone = _devices.ToDictionary(device => device.Device);
        _devices = [.. bus.Devices.Select((device, i) => gone.Remove(device, out var same) ? same : new DeviceSchedule(device, (i + _options.Phase) / count, now))];
        _byName = _devices.ToDictionary(device => device.Device.Name);
        Interlocked.Add(ref _missedByOthers, gone.Values.Sum(device => device.Missed));
        return gone.Values;
    }

    /// <summary>The device to be read now; null if none is due.</summary>
    /// <param name="now">The time.</param>
    /// <param name="due">When one will be due, if none is.</param>
    public DeviceSchedule? Next(TimeSpan now, out TimeSpan due)
    {
        due = TimeSpan.MaxValue;
        var deadline = TimeSpan.MaxValue;
        DeviceSchedule? next = null;
        var probesFrom = HasHealthyDevice ? _budget.FreeAt : TimeSpan.Zero;
        foreach (var device in _devices)
        {
            var release = Later(device.Due, device.IsFailing ? Later(_busDue, probesFrom) : _busDue);
            if (release > now)
            {
                due = release < due ? release : due;
            }
            else if (device.DeadlineAt(now) is var own && (next is null || own < deadline))
            {
                (next, deadline) = (device, own);
            }
        }

        return next;
    }

    /// <summary>Whether a device that fails may be addressed now at all, its neighbours considered.</summary>
    /// <param name="now">The time.</param>
    /// <param name="wait">How long not, if not.</param>
    public bool MayProbe(TimeSpan now, out TimeSpan wait)
    {
        wait = HasHealthyDevice ? _budget.FreeAt - now : TimeSpan.Zero;
        return wait <= TimeSpan.Zero;
    }

    /// <summary>A device that fails was addressed.</summary>
    public void Probed(TimeSpan began, TimeSpan ended) => _budget.Spend(began, ended);

    /// <summary>The device answered; the bus is well, and so is the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="mask">The groups that were read.</param>
    /// <param name="began">When the read began.</param>
    public void Succeed(DeviceSchedule device, ulong mask, TimeSpan began)
    {
        _busFailures = 0;
        device.Succeed(mask, began);
    }

    /// <summary>The device did not answer.</summary>
    /// <param name="device">The device.</param>
    /// <param name="mask">The groups that were to be read.</param>
    /// <param name="now">When that was found.</param>
    public void Fail(DeviceSchedule device, ulong mask, TimeSpan now)
    {
        _busFailures = 0;
        device.Fail(mask, now, _options);
    }

    /// <summary>The bus itself failed: nothing on it is asked for a while. Devices keep their own schedule, so that all are read once it is back.</summary>
    public void FailBus(TimeSpan now)
    {
        var wait = _options.BusRetryMinimum * Math.Pow(2, Math.Min(_busFailures++, 16));
        _busDue = now + (wait < _options.BusRetryMaximum ? wait : _options.BusRetryMaximum);
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
