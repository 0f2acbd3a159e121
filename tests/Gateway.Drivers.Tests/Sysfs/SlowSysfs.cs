using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Sysfs;

/// <summary>The temperatures of a device on an I2C bus that nobody answers on, or hardly: each is read for a second.</summary>
internal sealed class SlowSysfs(ManualTimeProvider clock) : FakeSysfs
{
    /// <summary>Is called when a second has passed in a read, and may throw.</summary>
    public Action Reading { get; set; } = () => { };

    public override string Read(string path)
    {
        if (path.StartsWith("class/hwmon/hwmon0/temp", StringComparison.Ordinal))
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            Reading();
        }

        return base.Read(path);
    }
}
