using System.Net;
using System.Net.Sockets;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>RTU over UDP: each datagram is a request, answered in the order in which they come. Dispose it to stop.</summary>
public sealed class ModbusDatagramListener : IAsyncDisposable
{
    private readonly ModbusServer _server;
    private readonly ILogger _logger;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    /// <param name="server">Answers the requests.</param>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be had: another program has it, or this machine does not.</exception>
    public ModbusDatagramListener(ModbusServer server, IPEndPoint endPoint, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        _server = server;
        _logger = logger;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            _socket.Bind(endPoint);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _serving = ServeAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _socket.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        var request = new byte[ModbusLimits.MaxFrameLength];
        var answer = new byte[ModbusLimits.MaxFrameLength];
        var anyone = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(request, SocketFlags.None, anyone, _stopping.Token);
                var peer = new ModbusPeer(received.RemoteEndPoint.ToString());
                var length = await _server.AnswerDatagramAsync(
                    request.AsMemory(0, received.ReceivedBytes), ModbusFraming.Rtu, peer, answer, _stopping.Token);
                if (length > 0)
                {
                    await _socket.SendToAsync(answer.AsMemory(0, length), SocketFlags.None, received.RemoteEndPoint, _stopping.Token);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Too long a datagram, or a client that is gone: the next one may be in order.
                Log.AcceptFailed(_logger, e.Message);
            }
        }
    }
}
