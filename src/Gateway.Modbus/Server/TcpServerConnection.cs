using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>A Modbus TCP connection.</summary>
internal sealed class TcpServerConnection(Stream stream, ServerContext context, ModbusPeer? peer)
    : ServerConnection(context, MbapHeader.MaxFrameLength)
{
    /// <summary>Room for some requests that come at once.</summary>
    private const int BufferSize = 8 * MbapHeader.MaxFrameLength;

    private readonly byte[] _received = new byte[BufferSize];
    private int _length;

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async Task ServeAsync(CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, Context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        while (true)
        {
            idle.CancelAfter(Patience);
            var count = await stream.ReadAsync(_received.AsMemory(_length), either.Token);
            if (count == 0)
                return;

            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            _length += count;
            if (!await AnswerAllAsync(cancellationToken))
            {
                // Where the next frame begins is unknown.
                Log.ClientSentGarbage(Context.Logger);
                return;
            }
        }
    }

    protected override int WriteNoAnswer(Span<byte> responsePdu, byte function) => Context.Options.IgnoreUnknownUnits
        ? 0
        : ResponseWriter.Exception(responsePdu, function, ExceptionCode.GatewayTargetDeviceFailedToRespond);

    protected override int WriteFrame(Span<byte> frame, RequestOrigin origin, ReadOnlySpan<byte> pdu)
    {
        new MbapHeader(origin.TransactionId, origin.UnitId, pdu.Length).Write(frame);
        pdu.CopyTo(frame[MbapHeader.Length..]);
        return MbapHeader.Length + pdu.Length;
    }

    protected override ValueTask WriteAsync(ReadOnlyMemory<byte> frame, RequestOrigin origin, CancellationToken cancellationToken)
    {
        // A socket that accepts at once, as it nearly always does, needs no timer.
        var writing = stream.WriteAsync(frame, cancellationToken);
        return writing.IsCompleted ? writing : WaitAsync(writing.AsTask(), cancellationToken);
    }

    protected override Span<byte> GuardedPart(Span<byte> frame) => frame[..2];

    // What is left of the write ends with the connection.
    private async ValueTask WaitAsync(Task writing, CancellationToken cancellationToken)
    {
        try
        {
            await writing.WaitAsync(Context.Options.WriteTimeout, Context.Time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new IOException("The client did not take the answer in time.", e);
        }
    }

    /// <summary>Answers all whole requests; false if the bytes are no Modbus TCP.</summary>
    private async ValueTask<bool> AnswerAllAsync(CancellationToken cancellationToken)
    {
        var at = 0;
        while (_length - at >= MbapHeader.Length)
        {
            if (!MbapHeader.TryRead(_received.AsSpan(at), out var header))
                return false;

            var pdu = at + MbapHeader.Length;
            if (_length < pdu + header.PduLength)
                break;
            await AnswerAsync(new(header.UnitId, header.TransactionId, peer), _received.AsMemory(pdu, header.PduLength), isBroadcast: false, cancellationToken);
            at = pdu + header.PduLength;
        }

        _received.AsSpan(at, _length - at).CopyTo(_received);
        _length -= at;
        return true;
    }
}
