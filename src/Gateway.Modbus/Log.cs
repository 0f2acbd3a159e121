using Microsoft.Extensions.Logging;

namespace Gateway.Modbus;

internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Debug, "The Modbus connection is open.")]
    public static partial void ConnectionOpened(ILogger logger);

    [LoggerMessage(3001, LogLevel.Debug, "The Modbus connection is closed: {Reason}")]
    public static partial void ConnectionClosed(ILogger logger, string reason);

    [LoggerMessage(3002, LogLevel.Debug, "Unit {UnitId}, function {Function}: no valid answer ({Status}).")]
    public static partial void NoAnswer(ILogger logger, byte unitId, byte function, Client.ModbusStatus status);

    [LoggerMessage(3010, LogLevel.Debug, "A Modbus client sent bytes that are no Modbus TCP; its connection is closed.")]
    public static partial void ClientSentGarbage(ILogger logger);

    [LoggerMessage(3011, LogLevel.Error, "Serving unit {UnitId}, function {Function}, failed; the client is answered with exception 4.")]
    public static partial void ServingFailed(ILogger logger, Exception exception, byte unitId, byte function);
}
