using Gateway.Modbus.Framing;
using Gateway.Shared;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Modbus.Server;

/// <summary>
/// Answers Modbus clients. The caller accepts connections and opens ports, and hands each stream to
/// <see cref="ServeAsync(Stream, ModbusFraming, CancellationToken)"/>; many may be served at the same time. Of the diagnostics, function 8,
/// units answer 0, 1, 2, 10 to 15; force listen only, 4, is refused with exception 1 as all others are.
/// </summary>
public sealed class ModbusServer
{
    private readonly ServerContext _context;
    private readonly LogPace _refusals;
    private int _connections;

    /// <param name="units">The units by id, 1 to 247 (0 to 255 over TCP); may change while serving if it is thread-safe.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="logger">Null: no log.</param>
    public ModbusServer(
        IReadOnlyDictionary<byte, IModbusDataStore> units, ModbusServerOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
        : this(units ?? throw new ArgumentNullException(nameof(units)), new ServerDiagnostics(), options, time, logger)
    {
    }

    /// <param name="handler">Answers the requests.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="logger">Null: no log.</param>
    public ModbusServer(IModbusRequestHandler handler, ModbusServerOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
        : this(handler ?? throw new ArgumentNullException(nameof(handler)), new ServerDiagnostics(), options, time, logger)
    {
    }

    private ModbusServer(
        IReadOnlyDictionary<byte, IModbusDataStore> units, ServerDiagnostics diagnostics, ModbusServerOptions? options, TimeProvider? time, ILogger? logger)
        : this(new DataStoreHandler(units, diagnostics, time ?? TimeProvider.System, logger ?? NullLogger.Instance), diagnostics, options, time, logger)
    {
    }

    private ModbusServer(
        IModbusRequestHandler handler, ServerDiagnostics diagnostics, ModbusServerOptions? options, TimeProvider? time, ILogger? logger)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConnections, 1, nameof(options));
        var faults = options.Faults.ToDictionary(unit => unit.Key, unit => new FaultInjector(unit.Value));
        _context = new(handler, options, faults, diagnostics, time ?? TimeProvider.System, logger ?? NullLogger.Instance);
        _refusals = new(_context.Time);
    }

    /// <summary>How many connections are served.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>
    /// Serves one connection until the client closes it, it breaks or is idle for too long, or the token is cancelled;
    /// none of these is an error. The stream is closed then, and at once if there are too many.
    /// </summary>
    public Task ServeAsync(Stream stream, ModbusFraming framing, CancellationToken cancellationToken) =>
        ServeAsync(stream, framing, peer: null, cancellationToken);

    /// <summary>As <see cref="ServeAsync(Stream, ModbusFraming, CancellationToken)"/>; the handler is told who asks.</summary>
    public async Task ServeAsync(Stream stream, ModbusFraming framing, ModbusPeer? peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            if (Interlocked.Increment(ref _connections) > _context.Options.MaxConnections)
            {
                if (_refusals.TryTake(out var more))
                {
                    Log.TooManyConnections(_context.Logger, _context.Options.MaxConnections, more);
                }

                return;
            }

            await using var connection = CreateConnection(stream, framing, peer);
            await connection.RunAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException || cancellationToken.IsCancellationRequested)
        {
            Log.ClientLeft(_context.Logger, e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
            await stream.DisposeAsync();
        }
    }

    /// <summary>Serves the clients of datagrams until the token is cancelled, which is no error.</summary>
    /// <param name="datagrams">Where they come from.</param>
    /// <param name="framing">How frames are wrapped: RTU or ASCII.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ServeAsync(IModbusDatagrams datagrams, ModbusFraming framing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(datagrams);
        await using var connection = new DatagramServerConnection(datagrams, _context, SerialFraming.Of(framing));
        await connection.RunAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private ServerConnection CreateConnection(Stream stream, ModbusFraming framing, ModbusPeer? peer) => framing == ModbusFraming.Tcp
        ? new TcpServerConnection(stream, _context, peer)
        : new SerialServerConnection(stream, _context, SerialFraming.Of(framing), peer);
}
