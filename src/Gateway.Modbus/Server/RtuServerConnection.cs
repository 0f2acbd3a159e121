using Gateway.Modbus.Framing;

namespace Gateway.Modbus.Server;

/// <summary>
/// A server on a line of RTU frames. Frames are found by their function's length and their CRC. Bytes that are no
/// frame are skipped one by one; a frame that does not go on is given up when the line is silent.
/// </summary>
internal sealed class RtuServerConnection(Stream stream, RequestHandler handler, ModbusServerOptions options, TimeProvider time)
{
    private const byte BroadcastUnitId = 0;

    /// <summary>Longer than the standard's 1.5 characters: what lies between delivers in portions.</summary>
    private static readonly TimeSpan MaxGapInFrame = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _received = new byte[RtuFrame.MaxLength];
    private readonly byte[] _answer = new byte[RtuFrame.MaxLength];
    private readonly RequestBuffers _buffers = new();
    private int _length;

    private enum Head
    {
        Incomplete,
        Frame,
        Garbage,
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var line = new ByteLine(stream, time);
        while (true)
        {
            var head = Examine(out var frameLength);
            if (head == Head.Frame)
            {
                await AnswerAsync(line, frameLength, cancellationToken);
                Skip(frameLength);
            }
            else if (head == Head.Garbage)
            {
                Skip(1);
            }
            else if (await line.WaitAsync(_length > 0 ? MaxGapInFrame : Timeout.InfiniteTimeSpan, cancellationToken))
            {
                _length += line.Take(_received.AsSpan(_length));
            }
            else
            {
                Skip(1);
            }
        }
    }

    private Head Examine(out int frameLength)
    {
        frameLength = 0;
        if (_length < RtuFrame.Overhead)
            return Head.Incomplete;

        var pduLength = PduLength.OfRequest(_received.AsSpan(RtuFrame.HeaderLength, _length - RtuFrame.HeaderLength));
        if (pduLength == PduLength.Unknown)
            return Head.Garbage;

        frameLength = pduLength + RtuFrame.Overhead;
        if (pduLength == PduLength.Incomplete || _length < frameLength)
            return Head.Incomplete;
        return RtuFrame.HasValidCrc(_received.AsSpan(0, frameLength)) ? Head.Frame : Head.Garbage;
    }

    private async ValueTask AnswerAsync(ByteLine line, int frameLength, CancellationToken cancellationToken)
    {
        var unitId = _received[0];
        var pdu = _received.AsMemory(RtuFrame.HeaderLength, frameLength - RtuFrame.Overhead);
        if (unitId == BroadcastUnitId)
        {
            await handler.BroadcastAsync(pdu, _buffers, cancellationToken);
            return;
        }

        // Somebody else on the line answers, or nobody.
        if (!handler.HasUnit(unitId))
            return;

        var length = await handler.HandleAsync(unitId, pdu, _buffers, cancellationToken);
        _buffers.ResponsePdu.AsSpan(0, length).CopyTo(_answer.AsSpan(RtuFrame.HeaderLength));
        length = RtuFrame.Close(_answer, unitId, length);
        var silence = options.Timing?.InterFrameDelay ?? TimeSpan.Zero;
        if (silence > TimeSpan.Zero)
            await Task.Delay(silence, time, cancellationToken);
        await line.WriteAsync(_answer.AsMemory(0, length), Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private void Skip(int count)
    {
        _received.AsSpan(count, _length - count).CopyTo(_received);
        _length -= count;
    }
}
