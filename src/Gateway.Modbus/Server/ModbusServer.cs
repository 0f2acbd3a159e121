using Gateway.Modbus.Framing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Modbus.Server;

/// <summary>
/// Answers Modbus clients from the units' data. The caller accepts connections and opens ports, and hands each stream
/// to <see cref="ServeAsync"/>; any number may be served at the same time.
/// </summary>
public sealed class ModbusServer
{
    private readonly ModbusServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RequestHandler _handler;

    /// <param name="units">The units by id, 1 to 247 (0 to 255 over TCP); may change while serving if it is thread-safe.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="logger">Null: no log.</param>
    public ModbusServer(
        IReadOnlyDictionary<byte, IModbusDataStore> units, ModbusServerOptions? options = null, TimeProvider? time = null, ILogger<ModbusServer>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(units);
        _options = options ?? new();
        _time = time ?? TimeProvider.System;
        _logger = (ILogger?)logger ?? NullLogger.Instance;
        _handler = new(units, _logger);
    }

    /// <summary>
    /// Serves one connection until the client closes it, it breaks, or the token is cancelled; none of these is an
    /// error. The stream is closed then.
    /// </summary>
    public async Task ServeAsync(Stream stream, ModbusFraming framing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            if (framing == ModbusFraming.Tcp)
                await new TcpServerConnection(stream, _handler, _options, _logger).RunAsync(cancellationToken);
            else
                await new RtuServerConnection(stream, _handler, _options, _time).RunAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException || cancellationToken.IsCancellationRequested)
        {
            Log.ConnectionClosed(_logger, e.Message);
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }
}
