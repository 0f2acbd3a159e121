using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt;

/// <summary>Everything that this library logs; events 1000 to 1999.</summary>
internal static partial class Log
{
    // Debug: the owner of the client hears of connections through its observer, and says so in its own words.
    [LoggerMessage(1000, LogLevel.Debug, "Connected to {Server}; session present: {SessionPresent}.")]
    public static partial void Connected(ILogger logger, Uri server, bool sessionPresent);

    [LoggerMessage(1001, LogLevel.Debug, "Disconnected from {Server}: {Reason}")]
    public static partial void Disconnected(ILogger logger, Uri server, string reason);

    [LoggerMessage(1002, LogLevel.Debug, "Not connected, and trying again: {Reason}")]
    public static partial void Unreachable(ILogger logger, string reason);

    [LoggerMessage(1003, LogLevel.Debug, "Still not connected after attempt {Attempt}; the next one in {Delay}: {Reason}")]
    public static partial void StillUnreachable(ILogger logger, int attempt, TimeSpan delay, string reason);

    [LoggerMessage(1007, LogLevel.Information, "{Server} refers to {ServerReference}; the client follows.")]
    public static partial void Referred(ILogger logger, Uri server, string serverReference);

    [LoggerMessage(1004, LogLevel.Error, "A handler of the client threw.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception);

    [LoggerMessage(1005, LogLevel.Warning, "The server refuses the subscription to {TopicFilter}: {ReasonCode}.")]
    public static partial void SubscriptionRefused(ILogger logger, string topicFilter, Packets.ReasonCode reasonCode);

    [LoggerMessage(1006, LogLevel.Error, "{Count} topic filters could not be subscribed again: the server's limits forbid to send them.")]
    public static partial void ResubscribeFailed(ILogger logger, int count);
}
