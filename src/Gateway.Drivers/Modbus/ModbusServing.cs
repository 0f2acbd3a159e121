using System.Net;
using System.Net.Sockets;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>Carries a request to a bus: the unit, the request's PDU, and where the answer's goes. Gives the answer's length.</summary>
/// <returns>0: there is no such bus now.</returns>
public delegate ValueTask<int> ModbusRelay(byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken);

/// <summary>Other Modbus clients' way to the gateway: to its newest values, or through it to a bus. Dispose it to stop listening.</summary>
public sealed class ModbusServing : IAsyncDisposable
{
    /// <summary>A proxy's bus has one owner and a bounded queue: more clients would only wait.</summary>
    private const int MaxClients = 16;

    private readonly ModbusListener _listener;

    private ModbusServing(ModbusServer server, IPEndPoint endPoint, bool isRtu, TimeProvider timeProvider, ILogger logger) =>
        _listener = new ModbusListener(server, endPoint, isRtu ? ModbusFraming.Rtu : ModbusFraming.Tcp, tls: null, timeProvider, logger);

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Serves values. At most 16 clients at a time.</summary>
    /// <param name="values">The values, none on another of the same unit.</param>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="isRtu">Whether frames are those of RTU instead of TCP.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    public static ModbusServing Start(IReadOnlyList<ServedValue> values, IPEndPoint endPoint, bool isRtu, TimeProvider timeProvider, ILogger logger)
    {
        var units = values.GroupBy(value => value.Unit).ToDictionary(unit => unit.Key, IModbusDataStore (unit) => new ServedUnit([.. unit]));
        return new ModbusServing(new ModbusServer(units, new ModbusServerOptions { MaxConnections = MaxClients }, timeProvider, logger), endPoint, isRtu, timeProvider, logger);
    }

    /// <summary>Passes requests on to a bus. At most 16 clients at a time.</summary>
    /// <param name="relay">Carries a request.</param>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="isRtu">Whether frames are those of RTU instead of TCP.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    public static ModbusServing StartProxy(ModbusRelay relay, IPEndPoint endPoint, bool isRtu, TimeProvider timeProvider, ILogger logger) =>
        new(new ModbusServer(new Proxy(relay), new ModbusServerOptions { MaxConnections = MaxClients }, timeProvider, logger), endPoint, isRtu, timeProvider, logger);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private sealed class Proxy(ModbusRelay relay) : IModbusRequestHandler
    {
        public async ValueTask<int> HandleAsync(ModbusRequest request, Memory<byte> responsePdu, CancellationToken cancellationToken)
        {
            var length = await relay(request.UnitId, request.Pdu, responsePdu, cancellationToken);
            return length > 0 ? length : ModbusRefusal.Write(responsePdu.Span, request.Pdu.Span[0], ExceptionCode.GatewayPathUnavailable);
        }
    }
}
