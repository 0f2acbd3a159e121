using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Polling;

/// <summary>Which device of a bus is read next: the earliest deadline first. Pure; not thread-safe.</summary>
internal sealed class BusSchedule
{
    private readonly DeviceSchedule[] _devices;
    private readonly PollOptions _options;
    private TimeSpan _busDue;
    private int _busFailures;

    public BusSchedule(BusDefinition bus, PollOptions options)
    {
        _options = options;
        _devices = [.. bus.Devices.Select((device, i) => new DeviceSchedule(device, (double)i / bus.Devices.Count))];
    }

    public long Missed => _devices.Sum(d => d.Missed);

    /// <summary>The device to be read next, and when.</summary>
    public DeviceSchedule Next(out TimeSpan due)
    {
        var next = _devices[0];
        foreach (var device in _devices)
        {
            if (device.Due < next.Due)
            {
                next = device;
            }
        }

        due = next.Due > _busDue ? next.Due : _busDue;
        return next;
    }

    public void Succeed(DeviceSchedule device, ulong mask, TimeSpan now)
    {
        _busFailures = 0;
        device.Succeed(mask, now);
    }

    public void Fail(DeviceSchedule device, ulong mask, TimeSpan now)
    {
        _busFailures = 0;
        device.Fail(mask, now, _options.DeviceRetryMinimum, _options.DeviceRetryMaximum);
    }

    /// <summary>A device is to be read now, whenever it was due.</summary>
    public void Hurry(string device) => Array.Find(_devices, each => each.Device.Name == device)?.Hurry();

    /// <summary>The bus itself failed: nothing on it is asked for a while. Devices keep their own schedule, so that all are read once it is back.</summary>
    public void FailBus(TimeSpan now)
    {
        var wait = _options.BusRetryMinimum * Math.Pow(2, Math.Min(_busFailures++, 16));
        _busDue = now + (wait < _options.BusRetryMaximum ? wait : _options.BusRetryMaximum);
    }
}
