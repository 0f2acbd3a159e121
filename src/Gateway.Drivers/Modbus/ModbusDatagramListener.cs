using System.Net;
using System.Net.Sockets;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Server;
using Gateway.Shared;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>RTU over UDP: each datagram is a request, answered in the order in which they come. Dispose it to stop.</summary>
public sealed class ModbusDatagramListener : IModbusDatagrams, IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly LogPace _losses;
    private readonly Socket _socket;
    private readonly IPEndPoint _anyone;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    /// <param name="server">Answers the requests.</param>
    /// <param name="endPoint">Where to listen; port 0 takes a free one.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be had: another program has it, or this machine does not.</exception>
    public ModbusDatagramListener(ModbusServer server, IPEndPoint endPoint, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(endPoint);
        _logger = logger;
        _losses = new LogPace(timeProvider);
        _anyone = new IPEndPoint(endPoint.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
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
        _serving = server.ServeAsync(this, ModbusFraming.Rtu, _stopping.Token);
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

    async ValueTask<(int Length, object Sender)> IModbusDatagrams.ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, _anyone, cancellationToken);
            return (received.ReceivedBytes, received.RemoteEndPoint);
        }
        catch (SocketException e)
        {
            // A client that is gone, for one: the next datagram may be in order. One that is too long is cut, and so no frame.
            TellOf(e);
            return (0, _anyone);
        }
    }

    async ValueTask IModbusDatagrams.SendAsync(ReadOnlyMemory<byte> frame, object sender, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.SendToAsync(frame, SocketFlags.None, (EndPoint)sender, cancellationToken);
        }
        catch (SocketException e)
        {
            TellOf(e);
        }
    }

    private void TellOf(SocketException problem)
    {
        if (_losses.TryTake(out var more))
        {
            Log.DatagramLost(_logger, problem.Message, more);
        }
    }
}
