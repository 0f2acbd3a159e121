using Microsoft.Extensions.Logging;

namespace Gateway.Runtime;

/// <summary>Every log event of the data path; ids from 7000.</summary>
internal static partial class Log
{
    [LoggerMessage(7000, LogLevel.Error, "{Bus}: the driver failed; polling goes on")]
    public static partial void DriverThrew(ILogger logger, string bus, Exception fault);

    [LoggerMessage(7001, LogLevel.Information, "{Device} on {Bus} answers")]
    public static partial void DeviceOnline(ILogger logger, string device, string bus);

    [LoggerMessage(7002, LogLevel.Warning, "{Device} on {Bus} does not answer ({Reason}); asked again with growing pauses")]
    public static partial void DeviceOffline(ILogger logger, string device, string bus, string reason);
}
