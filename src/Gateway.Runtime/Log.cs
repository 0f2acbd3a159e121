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

    [LoggerMessage(7003, LogLevel.Information, "{Topic}: wrote {Value}")]
    public static partial void CommandDone(ILogger logger, string topic, string value);

    [LoggerMessage(7004, LogLevel.Warning, "{Topic}: refused, {Error}")]
    public static partial void CommandRefused(ILogger logger, string topic, string error);

    [LoggerMessage(7005, LogLevel.Warning, "{Topic}: the answer was not sent: {Problem}")]
    public static partial void AnswerNotSent(ILogger logger, string topic, string problem);

    [LoggerMessage(7006, LogLevel.Information, "Uplink {Url}: connected")]
    public static partial void UplinkConnected(ILogger logger, string url);

    [LoggerMessage(7007, LogLevel.Warning, "Uplink {Url}: {Reason}; readings wait in the queue, and it is tried again")]
    public static partial void UplinkLost(ILogger logger, string url, string reason);

    [LoggerMessage(7008, LogLevel.Warning, "Uplink {Url}: the broker refuses messages for good ({ReasonCode}); they are dropped and counted")]
    public static partial void MessageRefused(ILogger logger, string url, string reasonCode);

    [LoggerMessage(7009, LogLevel.Error, "Queue record {Position} of {Device} cannot be read; it is skipped")]
    public static partial void RecordUnreadable(ILogger logger, long position, string device);

    [LoggerMessage(7010, LogLevel.Information, "Polling (buses: {Buses}, devices: {Devices}); buses started: {Started}, stopped: {Stopped}")]
    public static partial void MapsApplied(ILogger logger, int buses, int devices, int started, int stopped);

    [LoggerMessage(7011, LogLevel.Warning, "The upstream broker refused the subscription to {Filter} ({ReasonCode}): no commands come from there")]
    public static partial void CommandsRefused(ILogger logger, string filter, string reasonCode);
}
