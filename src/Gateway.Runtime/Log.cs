using Gateway.Abstractions;
using Gateway.Runtime.Commands;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime;

/// <summary>Every log event of the data path; ids from 7000.</summary>
internal static partial class Log
{
    [LoggerMessage(7000, LogLevel.Error, "{Bus}: the driver failed; polling goes on")]
    public static partial void DriverThrew(ILogger logger, string bus, Exception fault);

    [LoggerMessage(7016, LogLevel.Error, "{Bus}: the driver failed while the bus was closed")]
    public static partial void DriverThrewAtTheEnd(ILogger logger, string bus, Exception fault);

    [LoggerMessage(7001, LogLevel.Information, "{Device} on {Bus} answers")]
    public static partial void DeviceOnline(ILogger logger, string device, string bus);

    [LoggerMessage(7002, LogLevel.Warning, "{Device} on {Bus} does not answer ({Reason}); asked again with growing pauses")]
    public static partial void DeviceOffline(ILogger logger, string device, string bus, string reason);

#pragma warning disable SYSLIB1015 // Device and point are fields for programs; to people the topic names both.
    [LoggerMessage(7003, LogLevel.Information, "{Topic}: wrote {Value}")]
    public static partial void CommandDone(ILogger logger, string topic, string? device, string? point, string value);

    [LoggerMessage(7004, LogLevel.Warning, "{Topic}: refused, {Error}")]
    public static partial void CommandRefused(ILogger logger, string topic, string? device, string? point, string error);

    [LoggerMessage(7005, LogLevel.Warning, "{Topic}: the answer was not sent: {Problem}")]
    public static partial void AnswerNotSent(ILogger logger, string topic, string? device, string? point, string problem);

    /// <summary>As <see cref="AnswerNotSent(ILogger, string, string?, string?, string)"/>, with the names of the topic.</summary>
    public static void AnswerNotSent(ILogger logger, string topic, string problem)
    {
        var (device, point) = CommandTopic.NamesOf(topic);
        AnswerNotSent(logger, topic, device, point, problem);
    }

    [LoggerMessage(7018, LogLevel.Warning, "{Topic}: the Response Topic {ResponseTopic} is one of the gateway's own; the answer goes to the point's result topic")]
    public static partial void ResponseTopicRefused(ILogger logger, string topic, string? device, string? point, string responseTopic);
#pragma warning restore SYSLIB1015

    [LoggerMessage(7006, LogLevel.Information, "{Link} {Url}: connected")]
    public static partial void UplinkConnected(ILogger logger, string link, string url);

    [LoggerMessage(7007, LogLevel.Warning, "{Link} {Url}: {Reason}; {Waiting} wait in the queue, and it is tried again")]
    public static partial void UplinkLost(ILogger logger, string link, string url, string reason, string waiting);

    [LoggerMessage(7013, LogLevel.Information, "{Link} {Url}: {Reason}")]
    public static partial void UplinkGoesBack(ILogger logger, string link, string url, string reason);

    [LoggerMessage(7014, LogLevel.Warning, "{Link} {Url}: the broker refuses messages ({Hindrance})")]
    public static partial void UplinkHindered(ILogger logger, string link, string url, string hindrance);

    [LoggerMessage(7025, LogLevel.Warning, "{Link} {Url}: {Limit}")]
    public static partial void UplinkLimited(ILogger logger, string link, string url, string limit);

    [LoggerMessage(7008, LogLevel.Warning, "{Link} {Url}: the broker does not take some messages ({ReasonCode}); they are parked, see 'gateway queue list --parked'")]
    public static partial void MessageRefused(ILogger logger, string link, string url, string reasonCode);

    [LoggerMessage(7009, LogLevel.Error, "Queue record {Position} of {Device} cannot be read; it is parked")]
    public static partial void RecordUnreadable(ILogger logger, string device, long position);

    [LoggerMessage(7010, LogLevel.Information, "Polling (buses: {Buses}, devices: {Devices}); buses started: {Started}, stopped: {Stopped}; devices changed on others: {Changed}")]
    public static partial void MapsApplied(ILogger logger, int buses, int devices, int started, int stopped, string changed);

    [LoggerMessage(7017, LogLevel.Error, "{Count} readings were lost while the queue was opened anew; it took too long")]
    public static partial void HeldTooMany(ILogger logger, long count);

    [LoggerMessage(7012, LogLevel.Warning, "{Device}.{Point} begins anew at {Value}: {Count} readings in a row suit each other and not those before; the meter was replaced or reset, or a wrong reading had been taken")]
    public static partial void ValueReset(ILogger logger, string device, string point, PointValue value, int count);

    [LoggerMessage(7011, LogLevel.Warning, "The upstream broker refused the subscription to {Filter} ({ReasonCode}): no commands come from there")]
    public static partial void CommandsRefused(ILogger logger, string filter, string reasonCode);

    [LoggerMessage(7015, LogLevel.Warning, "The upstream broker refuses {Topic} ({ReasonCode}): whoever reads it there does not see it")]
    public static partial void StateRefused(ILogger logger, string topic, string reasonCode);

    [LoggerMessage(7020, LogLevel.Warning, "Bridge: the upstream broker refused the subscription to {Filter} ({ReasonCode}): nothing comes in from there")]
    public static partial void BridgeSubscriptionRefused(ILogger logger, string filter, string reasonCode);

    [LoggerMessage(7021, LogLevel.Warning, "Bridge: {Topic} was not queued, since the message has {Length} bytes and {Limit} is the most")]
    public static partial void BridgeMessageTooLarge(ILogger logger, string topic, int length, int limit);

    [LoggerMessage(7022, LogLevel.Error, "Bridge: record {Position} of the queue cannot be read; it is parked")]
    public static partial void BridgeRecordUnreadable(ILogger logger, long position);

    [LoggerMessage(7023, LogLevel.Warning, "Bridge: {Topic} came back to where it had been; such messages are dropped and counted")]
    public static partial void BridgeLoop(ILogger logger, string topic);

    [LoggerMessage(7024, LogLevel.Warning, "Bridge: {Path} cannot be used: {Problem}; retained messages are passed on once more at the next start")]
    public static partial void BridgeStateNotKept(ILogger logger, string path, string problem);

    [LoggerMessage(7030, LogLevel.Warning, "{Path} cannot be written: {Problem}; devices that go while the gateway is stopped stay in Home Assistant")]
    public static partial void DiscoveryNotKept(ILogger logger, string path, string problem);

    [LoggerMessage(7031, LogLevel.Warning, "{Path} cannot be written: {Problem}; states of devices that go while the gateway is stopped may stay at upstream brokers")]
    public static partial void StatesNotKept(ILogger logger, string path, string problem);
}
