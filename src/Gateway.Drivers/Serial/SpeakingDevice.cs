using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Serial;

/// <summary>A device that speaks by itself: reports what it says, no more often than its points ask for, and knows when it was heard. Guarded by its bus's lock.</summary>
internal sealed class SpeakingDevice
{
    private readonly SerialDevice _device;
    private readonly PointDefinition[] _points;
    private readonly Dictionary<PointDefinition, long> _due = [];
    private readonly TimeProvider _timeProvider;
    private long _since;

    /// <param name="device">The device.</param>
    /// <param name="timeProvider">The clock.</param>
    public SpeakingDevice(SerialDevice device, TimeProvider timeProvider)
    {
        _device = device;
        _timeProvider = timeProvider;
        _points = [.. device.Told];
        _since = timeProvider.GetTimestamp();
    }

    public string Name => _device.Definition.Name;

    /// <summary>Whether it was heard since the port was opened, and not missed since then.</summary>
    public bool IsHeard { get; private set; }

    /// <summary>Why it is missed; null if it is not.</summary>
    public string? MissedReason { get; private set; }

    /// <summary>How long it may still be silent before it is missed; null: for ever, or it is missed already.</summary>
    public TimeSpan? Patience => _device.MaxAge is { } maxAge && MissedReason is null ? maxAge - _timeProvider.GetElapsedTime(_since) : null;

    /// <summary>The port is open: from now on it can be heard.</summary>
    public void OnOpened()
    {
        _since = _timeProvider.GetTimestamp();
        IsHeard = false;
        MissedReason = null;
    }

    /// <summary>It spoke.</summary>
    public void OnHeard(IReadOnlyList<DecodedValue> values, DateTimeOffset time, IListeningSink? sink)
    {
        _since = _timeProvider.GetTimestamp();
        IsHeard = true;
        MissedReason = null;
        var isReported = false;
        foreach (var value in values)
        {
            if (!_device.Requests.ContainsKey(value.Point) && IsDue(value.Point))
            {
                sink?.Report(new Reading(value.Point, value.Value, time, value.Quality, value.Reason));
                isReported = true;
            }
        }

        if (isReported)
        {
            sink?.Finish(Name, isHeard: true);
        }
    }

    /// <summary>It was not heard in time, or cannot be heard.</summary>
    public void OnMissed(string reason, IListeningSink? sink)
    {
        IsHeard = false;
        MissedReason = reason;
        _due.Clear();
        var time = _timeProvider.GetUtcNow();
        foreach (var point in _points)
        {
            sink?.Report(Reading.Bad(point, reason, time));
        }

        sink?.Finish(Name, isHeard: false);
    }

    // On a grid, with some indulgence: a device that speaks every second for a point of every 10 s is taken at each tenth, though its clock differs.
    private bool IsDue(PointDefinition point)
    {
        var interval = _device.IntervalOf(point);
        if (interval == TimeSpan.Zero)
        {
            return true;
        }

        var now = _timeProvider.GetTimestamp();
        var ticks = (long)(interval.TotalSeconds * _timeProvider.TimestampFrequency);
        if (_due.TryGetValue(point, out var due) && now < due - (ticks / 20))
        {
            return false;
        }

        _due[point] = due + ticks > now ? due + ticks : now + ticks;
        return true;
    }
}
