namespace Gateway.Drivers.Sysfs;

/// <summary>Why a channel gave no value, beside the reasons of every bus. People write rules on these terms: they never change.</summary>
internal static class SysfsReasons
{
    /// <summary>The driver of the kernel says that the sensor is broken or not connected.</summary>
    public const string Fault = "fault";

    /// <summary>More than one device has the name; the log lists them.</summary>
    public const string Ambiguous = "ambiguous";
}
