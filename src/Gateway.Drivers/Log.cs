using Microsoft.Extensions.Logging;

namespace Gateway.Drivers;

internal static partial class Log
{
    [LoggerMessage(5000, LogLevel.Warning, "{Bus}: {Message}")]
    public static partial void LineFailed(ILogger logger, string bus, string message);

    [LoggerMessage(5001, LogLevel.Information, "{Bus}: the line works again.")]
    public static partial void LineWorks(ILogger logger, string bus);

    [LoggerMessage(5002, LogLevel.Information, "{Device} on {Bus} refuses {Range} ({Reason}); it is left out, and asked for again now and then.")]
    public static partial void RangeRefused(ILogger logger, string device, string bus, string range, string reason);

    [LoggerMessage(5011, LogLevel.Warning, "A connection of a Modbus client could not be accepted: {Message}{More}")]
    public static partial void AcceptFailed(ILogger logger, string message, string more);

    [LoggerMessage(5012, LogLevel.Information, "A Modbus client at {Client} was turned away: {Message}{More}")]
    public static partial void ClientTurnedAway(ILogger logger, string client, string message, string more);

    [LoggerMessage(5013, LogLevel.Warning, "A datagram from or to a Modbus client was lost: {Message}{More}")]
    public static partial void DatagramLost(ILogger logger, string message, string more);

    [LoggerMessage(5020, LogLevel.Warning, "The GPIO lines of {Bus} cannot be had: {Message}")]
    public static partial void LinesFailed(ILogger logger, string bus, string message);

    [LoggerMessage(5021, LogLevel.Information, "The GPIO lines of {Bus} are there.")]
    public static partial void LinesWork(ILogger logger, string bus);

    [LoggerMessage(5022, LogLevel.Warning, "{Bus}: {Lost} edges found no room on their way, the last of them for {Device}.{Point}; they were counted by their numbers, not told.")]
    public static partial void EdgesLost(ILogger logger, string bus, long lost, string device, string point);

    [LoggerMessage(5023, LogLevel.Warning, "{Device}.{Point} was set to its state for a lost uplink, which has been away for {Seconds} s.")]
    public static partial void UplinkLossHeeded(ILogger logger, string device, string point, double seconds);

    [LoggerMessage(5032, LogLevel.Warning, "What {Device} puts out was set to its states for a lost uplink, which has been away for {Seconds} s.")]
    public static partial void UplinkLossHeededByAll(ILogger logger, string device, double seconds);

    [LoggerMessage(5024, LogLevel.Warning, "{Bus} has no interrupts: {Points} cannot be told at the edge, and are read at their interval; a short pulse is not seen.")]
    public static partial void LinesArePolled(ILogger logger, string bus, string points);

    [LoggerMessage(5025, LogLevel.Warning, "{Bus}: {Points} left out, the other lines are there: {Message}")]
    public static partial void LineLeftOut(ILogger logger, string bus, string points, string message);

    [LoggerMessage(5026, LogLevel.Information, "{Bus}: {Points} there too.")]
    public static partial void LineTaken(ILogger logger, string bus, string points);

    [LoggerMessage(5027, LogLevel.Warning, "{Device}.{Point} cannot be had: {Message}")]
    public static partial void ChannelFailed(ILogger logger, string device, string point, string message);

    [LoggerMessage(5028, LogLevel.Information, "{Device}.{Point} is there.")]
    public static partial void ChannelWorks(ILogger logger, string device, string point);

    [LoggerMessage(5029, LogLevel.Information, "{Bus}: line {Line} is not used any more, and stays taken until the lines that it was taken together with go too; restart the gateway to free it.")]
    public static partial void LineStaysTaken(ILogger logger, string bus, int line);

    [LoggerMessage(5030, LogLevel.Warning, "{Device} on {Bus}: {Message}")]
    public static partial void ChipFailed(ILogger logger, string device, string bus, string message);

    [LoggerMessage(5031, LogLevel.Warning, "{Device} is not as it was set up, as after a loss of its supply; what it puts out is set again.")]
    public static partial void OutputsSetAgain(ILogger logger, string device);

    [LoggerMessage(5040, LogLevel.Warning, "The resolution of {Device} stays as it is, not {Bits} bits: {Message}")]
    public static partial void ResolutionRefused(ILogger logger, string device, int bits, string message);

    [LoggerMessage(5041, LogLevel.Warning, "The sensors of {Bus} convert one after the other, not together: {Message}")]
    public static partial void NoSharedConversion(ILogger logger, string bus, string message);
}
