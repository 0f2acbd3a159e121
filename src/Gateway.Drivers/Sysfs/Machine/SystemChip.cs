using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>The machine itself. What it does not have is bad, and no fault: one profile suits every machine.</summary>
/// <param name="device">The device of the map.</param>
internal sealed class SystemChip(DeviceDefinition device) : Chip<SysfsPort>
{
    /// <summary>What the first value of <c>cpu-usage</c> is of.</summary>
    private static readonly TimeSpan FirstUsage = TimeSpan.FromSeconds(1);

    private readonly string[] _channels = [.. device.Points.Select(point => point.Settings.Get<string>("channel"))];
    private SystemState? _state;

    public override IEnumerable<TimeSpan> SetUp(SysfsPort port)
    {
        var settings = device.Settings;
        _state = new SystemState(
            port,
            settings.TryGet<string>("folder", out var folder) ? folder : SysfsSchema.DefaultFolder,
            new NetworkState(settings.TryGet<string>("interface", out var name) ? name : null),
            new ProcessorUsage());
        if (_channels.Contains(SystemChannels.Usage))
        {
            Read(SystemChannels.Usage, out _);
            yield return FirstUsage;
        }
    }

    public override IEnumerable<TimeSpan> Measure(SysfsPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        foreach (var field in asked)
        {
            if (Read(_channels[field], out var reason) is { } value)
            {
                values.Set(field, value);
            }
            else
            {
                values.Fail(field, reason);
            }
        }

        yield break;
    }

    // One thing that cannot be read is no fault of the others.
    private PointValue? Read(string channel, out string reason)
    {
        reason = BusReasons.NotThere;
        try
        {
            return SystemChannels.All[channel](_state!);
        }
        catch (BusException fault)
        {
            reason = fault.Reason;
            return null;
        }
    }
}
