using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Runtime.Polling;

/// <summary>
/// What a poll loop tells: readings, the end of each device's poll, and changes of a device's state.
/// Calls for one bus come one at a time, except readings of devices that speak by themselves. Must neither block nor throw.
/// </summary>
public interface IPollObserver : IReadingSink
{
    /// <summary>All readings of one poll of a device were reported.</summary>
    void PollFinished(DeviceDefinition device);

    /// <summary>A device answers again, or no longer.</summary>
    void DeviceChanged(DeviceDefinition device, DeviceState state);
}
