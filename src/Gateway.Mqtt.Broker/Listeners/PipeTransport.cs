using System.IO.Pipelines;
using System.Net.Sockets;
using Gateway.Mqtt.Broker.Sessions;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// Carries bytes between a pipe of Kestrel's and a <see cref="ServerConnection"/>: one loop reads, and another writes
/// as long as there is something to write. It touches the connection through the broker only, which lets in one
/// thread at a time.
/// </summary>
internal sealed class PipeTransport : IConnectionTransport
{
    private readonly MqttBroker _broker;
    private readonly ConnectionContext _context;
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource? _resumed;

    public PipeTransport(MqttBroker broker, ConnectionContext context)
    {
        _broker = broker;
        _context = context;
        _input = context.Transport.Input;
        _output = context.Transport.Output;
    }

    /// <summary>Serves the connection until it is closed, and disposes it.</summary>
    public async Task RunAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await ReceiveAsync(connection, cancellationToken);
        }
        catch (Exception e) when (IsLoss(e))
        {
            // The broker hears of it below, as of any other end.
        }
        finally
        {
            _broker.OnLost(connection);
            await _sending;
            await _output.CompleteAsync();
            await _input.CompleteAsync();
            await _context.DisposeAsync();
            _broker.OnClosed(connection);
        }
    }

    /// <inheritdoc/>
    public void Flush(ServerConnection connection, TurnResults results)
    {
        if (connection.IsAborted)
        {
            results.Close(this, abort: true);
        }
        else if (connection.BytesBeingSent > 0)
        {
            // What follows is taken when the piece has been sent.
        }
        else if (connection.SendableBytes > 0)
        {
            results.Send(this, connection, connection.DetachOutput());
        }
        else if (connection.Phase == ConnectionPhase.Closed && connection.Output.Length == 0)
        {
            results.Close(this, abort: false);
        }
    }

    /// <inheritdoc/>
    public void Resume()
    {
        _resumed?.TrySetResult();
        _resumed = null;
    }

    /// <summary>Writes a piece, releases it and reports back. Outside of turns; never while another piece is being written.</summary>
    /// <param name="connection">Whose transport this is.</param>
    /// <param name="piece">Not empty.</param>
    public void Send(ServerConnection connection, ArraySegment<byte> piece) => _sending = SendAsync(connection, piece);

    /// <summary>Closes the network connection. Outside of turns; it does not block.</summary>
    /// <param name="abort">At once, rather than when what was sent has been taken.</param>
    public void Close(bool abort)
    {
        if (abort)
        {
            _context.Abort();
        }

        _input.CancelPendingRead();
    }

    private static bool IsLoss(Exception e) => e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    private Task WhenResumedAsync(ServerConnection connection)
    {
        if (!connection.IsHalted)
        {
            return Task.CompletedTask;
        }

        _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _resumed.Task;
    }

    private async Task ReceiveAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _input.ReadAsync(CancellationToken.None);
            if (read.IsCanceled)
            {
                return;
            }

            var consumed = _broker.Receive(connection, read.Buffer, out var result);
            _input.AdvanceTo(consumed, result == ReceiveResult.NeedsMore ? read.Buffer.End : consumed);
            switch (result)
            {
                case ReceiveResult.NeedsMore when !read.IsCompleted:
                    break;
                case ReceiveResult.NeedsAuthentication:
                    await _broker.AuthenticateAsync(connection, cancellationToken);
                    break;
                case ReceiveResult.NeedsRoom:
                    await _broker.Read(() => WhenResumedAsync(connection));
                    break;
                default:
                    return;
            }
        }
    }

    private async Task SendAsync(ServerConnection connection, ArraySegment<byte> piece)
    {
        while (piece.Count > 0)
        {
            var isLost = false;
            try
            {
                isLost = (await _output.WriteAsync(piece)).IsCompleted;
            }
            catch (Exception e) when (IsLoss(e) || e is InvalidOperationException)
            {
                // The last of these: the connection was closed, and its pipe completed, while the piece was on its way here.
                isLost = true;
            }

            OutputBuffer.Release(piece);
            piece = _broker.OnSent(connection, isLost);
        }
    }
}
