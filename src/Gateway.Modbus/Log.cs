using Microsoft.Extensions.Logging;

namespace Gateway.Modbus;

internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "The Modbus connection is open.")]
    public static partial void ConnectionOpened(ILogger logger);

    [LoggerMessage(3001, LogLevel.Information, "The Modbus connection is closed: {Reason}")]
    public static partial void ConnectionClosed(ILogger logger, string reason);

    [LoggerMessage(3003, LogLevel.Debug, "The Modbus connection was idle and is closed until it is needed.")]
    public static partial void ConnectionIdle(ILogger logger);

    [LoggerMessage(3004, LogLevel.Information, "{Message}")]
    public static partial void ConnectionFailed(ILogger logger, string message);

    [LoggerMessage(3002, LogLevel.Debug, "Unit {Unit}, function {Function}: no valid answer ({Status}).")]
    public static partial void NoAnswer(ILogger logger, byte unit, byte function, Client.ModbusStatus status);

    [LoggerMessage(3009, LogLevel.Debug, "A Modbus client's connection is closed: {Reason}")]
    public static partial void ClientLeft(ILogger logger, string reason);

    [LoggerMessage(3010, LogLevel.Debug, "A Modbus client sent bytes that are no Modbus TCP; its connection is closed.")]
    public static partial void ClientSentGarbage(ILogger logger);

    [LoggerMessage(3011, LogLevel.Error, "Serving unit {Unit}, function {Function}, failed; the client is answered with exception 4{More}.")]
    public static partial void ServingFailed(ILogger logger, Exception exception, byte unit, byte function, string more);

    [LoggerMessage(3013, LogLevel.Information, "The Modbus client {Client} wrote {What} of unit {Unit}, by the request {Request}.")]
    public static partial void ClientWrote(ILogger logger, string client, byte unit, string what, string request);

    [LoggerMessage(3012, LogLevel.Warning, "The Modbus server has {Limit} connections; another one was refused{More}.")]
    public static partial void TooManyConnections(ILogger logger, int limit, string more);
}
