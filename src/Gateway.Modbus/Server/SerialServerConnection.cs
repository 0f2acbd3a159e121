using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>
/// A line of RTU or ASCII frames. Bytes that are no frame are passed over; a frame that does not go on is given up. An
/// RTU request of a function that the standard does not define has no end that could be told, and is passed over too.
/// </summary>
internal sealed class SerialServerConnection(Stream stream, ServerContext context, SerialFraming framing, ModbusPeer? peer)
    : ServerConnection(context, framing.MaxFrameLength)
{
    private const byte BroadcastUnitId = 0;

    private readonly byte[] _received = new byte[framing.MaxFrameLength];
    private readonly byte[] _pdu = new byte[ModbusLimits.MaxPduLength];
    private readonly ByteLine _line = new(stream, context.Time);
    private int _length;
    private bool _isPassingOver;
    private bool _isSilent;

    public override async ValueTask DisposeAsync()
    {
        await _line.DisposeAsync();
        await stream.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async Task ServeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var status = Examine(out var frame);
            if (status == FrameStatus.Whole)
            {
                // Taken out first: what comes while it is carried out is another request.
                Skip(frame.Length);
                _isPassingOver = false;
                await AnswerAsync(
                    new(frame.UnitId, Peer: peer), _pdu.AsMemory(0, frame.PduLength), frame.UnitId == BroadcastUnitId, cancellationToken);
            }
            else if (status == FrameStatus.Garbage)
            {
                PassOver(frame.Length);
            }
            else if (Patience == TimeSpan.Zero)
            {
                return;
            }
            else if (_isSilent && _length > 0)
            {
                // Nothing that was begun before the silence goes on after it, wherever it began.
                PassOver(1);
            }
            else if (await _line.WaitAsync(_length > 0 ? framing.MaxGapInFrame : Patience == Timeout.InfiniteTimeSpan ? ByteLine.Forever : Patience, cancellationToken))
            {
                _length += _line.Take(_received.AsSpan(_length));
                _isSilent = false;
            }
            else
            {
                _isSilent = true;
            }
        }
    }

    // Somebody else on the line answers, or nobody.
    protected override int WriteNoAnswer(Span<byte> responsePdu, byte function) => 0;

    protected override int WriteFrame(Span<byte> frame, RequestOrigin origin, ReadOnlySpan<byte> pdu) => framing.Write(frame, origin.UnitId, pdu);

    protected override async ValueTask WriteAsync(ReadOnlyMemory<byte> frame, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var silence = framing.HasMarks ? TimeSpan.Zero : Context.Options.Timing?.InterFrameDelay ?? TimeSpan.Zero;
        if (silence > TimeSpan.Zero)
            await Task.Delay(silence, Context.Time, cancellationToken);
        await _line.WriteAsync(frame, Context.Options.WriteTimeout, cancellationToken);
    }

    protected override Span<byte> GuardedPart(Span<byte> frame) => frame;

    private FrameStatus Examine(out SerialFrame frame)
    {
        frame = default;
        return _length == 0 ? FrameStatus.Incomplete : framing.Read(_received.AsSpan(0, _length), PduLength.OfRequest, _pdu, out frame);
    }

    // Bytes that are passed over one after the other are one error: a frame with a flipped bit, or noise.
    private void PassOver(int count)
    {
        if (!_isPassingOver)
            Context.Diagnostics.CountCommunicationError();
        Skip(count);
        _isPassingOver = _length > 0;
    }

    private void Skip(int count)
    {
        _received.AsSpan(count, _length - count).CopyTo(_received);
        _length -= count;
    }
}
