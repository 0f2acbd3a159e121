using Gateway.Linux;

namespace Gateway.Drivers.Serial;

/// <summary>Why a serial port does not serve, as it is published. People write rules on these terms: they never change.</summary>
internal static class PortReasons
{
    /// <summary>The serial port does not exist.</summary>
    public const string Missing = "port-missing";

    /// <summary>The serial port may not be opened.</summary>
    public const string Denied = "port-denied";

    /// <summary>The serial port is in use by another program.</summary>
    public const string Busy = "port-busy";

    /// <summary>The serial port cannot do the speed or format that the map asks for.</summary>
    public const string Settings = "port-settings";

    /// <summary>The adapter was pulled.</summary>
    public const string Disconnected = "disconnected";

    /// <summary>The port does not take what is sent.</summary>
    public const string Hung = "port-hung";

    /// <summary>The reason of a port that does not open or vanished.</summary>
    public static string Of(LinuxException fault) => fault.ErrnoName switch
    {
        "ENOENT" or "ENXIO" or "ENODEV" => Missing,
        "EACCES" or "EPERM" => Denied,
        "EBUSY" => Busy,
        "EINVAL" or "ENOTTY" or "EOPNOTSUPP" => Settings,
        _ => Disconnected,
    };
}
