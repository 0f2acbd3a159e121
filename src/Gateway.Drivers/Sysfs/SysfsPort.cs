using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs;

/// <summary>Where the kernel shows what it knows.</summary>
/// <param name="Sys">The mount point of sysfs.</param>
/// <param name="Proc">That of proc, beside it.</param>
internal sealed record SysfsPort(ISysfs Sys, ISysfs Proc);

/// <summary>The one way to all devices of the kernel. Nothing is kept open between reads.</summary>
internal sealed class SysfsPorts(SysfsPort port) : IChipPorts<SysfsPort>
{
    public SysfsPort Open(DeviceDefinition device) => port;

    public void Reload(BusDefinition definition)
    {
        // They have nothing of their own.
    }

    public void Close()
    {
        // Nothing is open.
    }
}
