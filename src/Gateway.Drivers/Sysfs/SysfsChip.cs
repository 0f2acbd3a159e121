using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Chips;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs;

/// <summary>A device that a driver of the kernel reads.</summary>
/// <param name="device">The device of the map.</param>
/// <param name="kind">Its class.</param>
/// <param name="bus">The bus, as the log names it.</param>
/// <param name="context">The log and the error counts.</param>
internal sealed class SysfsChip(DeviceDefinition device, SysfsClass kind, string bus, DriverContext context) : Chip<SysfsPort>
{
    /// <summary>
    /// The kernel's driver of DHT sensors: it misses edges whenever another interrupt comes at the wrong moment, so that single reads fail, and the sensors
    /// want two seconds between reads.
    /// </summary>
    private const string Dht = "dht11";
    private const int DhtRepeats = 2;

    private static readonly TimeSpan DhtPause = TimeSpan.FromSeconds(2);

    /// <summary>After so long the other devices of the bus have their turns: a channel on a slow I2C bus takes up to a second.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);

    /// <summary>The kernel's drivers of such devices measure while they are read: a DHT that does not answer takes a second.</summary>
    public override bool MayBlock => kind.Name == "iio";

    private readonly string _name = device.Settings.Get<string>("device");
    private readonly string[] _names = [.. device.Points.Select(point => point.Settings.Get<string>("channel"))];
    private readonly SysfsChannel?[] _channels = new SysfsChannel?[device.Points.Count];
    private SysfsDeviceEntry? _entry;
    private string? _missing;
    private int _late = -1;

    public override IEnumerable<TimeSpan> SetUp(SysfsPort port)
    {
        _entry = SysfsDevices.Find(port.Sys, kind, _name);
        for (var i = 0; i < _names.Length; i++)
        {
            _channels[i] = kind.FindChannel(port.Sys, _entry.Folder, _names[i]);
        }

        TellMissing(port.Sys);
        yield break;
    }

    public override IEnumerable<TimeSpan> Measure(SysfsPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        CheckIdentity(port.Sys);
        var repeats = IsDht ? DhtRepeats : 0;
        BusException? first = null;
        var isAnswered = false;
        var isInTime = true;
        var began = context.TimeProvider.GetTimestamp();
        var last = _late;
        _late = -1;

        // Behind the channel that took too long the last time: it must not cost the others their turn for good.
        foreach (var field in asked.OrderBy(field => field <= last))
        {
            if (!isInTime)
            {
                values.Fail(field, BusReasons.Timeout);
                continue;
            }

            if (context.TimeProvider.GetElapsedTime(began) >= Turn)
            {
                yield return TimeSpan.Zero;
                CheckIdentity(port.Sys);
                began = context.TimeProvider.GetTimestamp();
            }

            var fault = Read(port.Sys, field, values);
            for (var i = 0; i < repeats && fault is not null && IsPassing(fault); i++)
            {
                context.Errors.Count(device.Name, fault.Reason);
                yield return DhtPause;
                fault = Read(port.Sys, field, values);
            }

            if (fault?.Reason == BusReasons.Gone)
            {
                throw fault;
            }

            isAnswered |= fault is null || fault.Reason is SysfsReasons.Fault or BusReasons.NotReady;
            if (fault is not null)
            {
                values.Fail(field, fault.Reason);
                first ??= fault.Reason == BusReasons.NotThere ? null : fault;
                repeats = 0; // Its other channels would come from the same transfer.
                if (fault.Reason == BusReasons.Timeout)
                {
                    // Each of them would take as long again.
                    (isInTime, _late) = (false, field);
                }
            }
        }

        if (first is not null && !isAnswered)
        {
            throw first;
        }

        if (first is not null)
        {
            context.Errors.Count(device.Name, first.Reason);
        }
    }

    public override string? Write(SysfsPort port, int field, PointValue value)
    {
        CheckIdentity(port.Sys);
        return _channels[field] is { } channel ? channel.Write(port.Sys, value) : $"{_name} has no channel '{_names[field]}'";
    }

    private bool IsDht => _entry!.Name == Dht || _entry.Name.StartsWith(Dht + "@", StringComparison.Ordinal);

    private static bool IsPassing(BusException fault) => fault.Reason is BusReasons.Failed or BusReasons.Timeout or BusReasons.NotReady;

    private BusException? Read(ISysfs sysfs, int field, ChipValues values)
    {
        if (_channels[field] is not { } channel)
        {
            return new BusException(BusReasons.NotThere, $"{_name} has no channel '{_names[field]}'.");
        }

        try
        {
            values.Set(field, channel.Read(sysfs));
            return null;
        }
        catch (BusException fault)
        {
            return fault.Reason == BusReasons.NotThere ? new BusException(BusReasons.Gone, $"{_name} has lost {channel.Path}; it is looked for anew.") : fault;
        }
    }

    /// <summary>Another device may have got the number of one that went away.</summary>
    private void CheckIdentity(ISysfs sysfs)
    {
        if (SysfsDevices.Describe(sysfs, kind, _entry!.Folder) != _entry)
        {
            throw new BusException(BusReasons.Gone, $"The {kind.Name} device '{_name}' is no longer {_entry.Folder}; it is looked for anew.");
        }
    }

    private void TellMissing(ISysfs sysfs)
    {
        var missing = _names.Where((_, i) => _channels[i] is null).ToArray();
        var message = missing.Length == 0
            ? null
            : $"{_name} has no channel '{string.Join("', '", missing)}'; it has {string.Join(", ", kind.ListChannels(sysfs, _entry!.Folder).Select(channel => channel.Label is null ? channel.Name : $"{channel.Name} ({channel.Label})"))}, and its attributes by their file names.";
        if (message is not null && message != _missing)
        {
            Log.ChipFailed(context.Logger, device.Name, bus, message);
        }

        _missing = message;
    }
}
