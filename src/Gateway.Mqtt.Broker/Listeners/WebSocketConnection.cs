using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// A WebSocket as a connection: the bytes of its binary frames, wherever they are cut. A text frame ends it
/// (MQTT-6.0.0-1). What is received is buffered up to <see cref="KestrelAcceptor.ReadAhead"/>, what is sent up to <see cref="ToSend"/>.
/// </summary>
internal sealed class WebSocketConnection : ConnectionContext, IDuplexPipe
{
    private const int ToSend = 64 * 1024;
    private const int ReadSize = 4096;

    /// <summary>How long the peer has for its half of the closing handshake. RFC 6455 §7.1.1.</summary>
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(5);

    private readonly WebSocket _socket;
    private readonly IConnectionLifetimeFeature? _lifetime;
    private readonly TimeProvider _timeProvider;
    private readonly Pipe _received = new(Buffer(KestrelAcceptor.ReadAhead));
    private readonly Pipe _toSend = new(Buffer(ToSend));
    private readonly Task _receiving;
    private readonly Task _sending;

    public WebSocketConnection(WebSocket socket, HttpContext http, TimeProvider timeProvider)
    {
        _socket = socket;
        // The connection's, not the request's, which is over sooner.
        _lifetime = http.Features.Get<IConnectionLifetimeFeature>();
        _timeProvider = timeProvider;
        ConnectionId = http.Connection.Id;
        Transport = this;
        RemoteEndPoint = http.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, http.Connection.RemotePort) : null;
        Features.Set(http.Features.Get<ITlsConnectionFeature>());
        Features.Set(http.Features.Get<AdmittedConnection>());
        _receiving = ReceiveAsync();
        _sending = SendAsync();
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    public override IDuplexPipe Transport { get; set; }

    public PipeReader Input => _received.Reader;

    public PipeWriter Output => _toSend.Writer;

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _socket.Abort();
        _lifetime?.Abort();
    }

    /// <summary>Both ends of <see cref="Transport"/> are complete by now.</summary>
    public override async ValueTask DisposeAsync()
    {
        await using (_timeProvider.CreateTimer(static connection => ((WebSocketConnection)connection!).Abort(), this, CloseTime, Timeout.InfiniteTimeSpan))
        {
            await _sending;
            await _receiving;
        }

        _socket.Dispose();
        await base.DisposeAsync();
    }

    private static PipeOptions Buffer(int size)
        => new(pauseWriterThreshold: size, resumeWriterThreshold: size / 2, minimumSegmentSize: ReadSize, useSynchronizationContext: false);

    private static bool IsLoss(Exception e) => e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException;

    private async Task ReceiveAsync()
    {
        try
        {
            // What comes after the broker has closed is read all the same, for the sake of the close frame behind it.
            while (await _socket.ReceiveAsync(_received.Writer.GetMemory(ReadSize), CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } frame)
            {
                if (frame.MessageType == WebSocketMessageType.Text)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.InvalidMessageType, "MQTT takes binary frames only", CancellationToken.None);
                    break;
                }

                _received.Writer.Advance(frame.Count);
                await _received.Writer.FlushAsync(CancellationToken.None);
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // The broker sees the end.
        }

        await _received.Writer.CompleteAsync();
    }

    private async Task SendAsync()
    {
        try
        {
            while (await _toSend.Reader.ReadAsync(CancellationToken.None) is { Buffer: var buffer, IsCompleted: var isCompleted })
            {
                foreach (var piece in buffer)
                {
                    await _socket.SendAsync(piece, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
                }

                _toSend.Reader.AdvanceTo(buffer.End);
                if (isCompleted)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    break;
                }
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            // The broker sees that nobody reads any more.
        }

        await _toSend.Reader.CompleteAsync();
    }
}
