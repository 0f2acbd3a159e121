using System.Runtime.CompilerServices;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <summary>
/// RTU or ASCII: a frame carries unit and function only, so order is kept by the line itself. One request at a time;
/// before it the line has been silent; after a fault the line is drained; and while an answer may still come late, its
/// function is not asked of its unit again.
/// </summary>
internal sealed class SerialConnection : ClientConnection
{
    private const byte BroadcastUnitId = 0;

    /// <summary>
    /// The silence that ends a disturbance. Longer than 3.5 characters: USB adapters hand bytes over every 16 ms, and
    /// sockets in segments.
    /// </summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(50);

    /// <summary>The time that devices get to carry a broadcast out. Modbus over Serial Line 1.02 §2.4.1.</summary>
    private static readonly TimeSpan TurnaroundDelay = TimeSpan.FromMilliseconds(100);

    private readonly ByteLine _line;
    private readonly SerialFraming _framing;
    private readonly ModbusClientOptions _options;
    private readonly TimeProvider _time;
    private readonly LateReplies _lateReplies;
    private readonly byte[] _request;
    private readonly byte[] _received;
    private readonly byte[] _pdu = new byte[ModbusLimits.MaxPduLength];
    private bool _isDisturbed;
    private bool _isAnswerDue;

    /// <param name="stream">Taken over.</param>
    /// <param name="options">How the client talks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="lateReplies">What the client remembers of the line, over all connections to it.</param>
    /// <param name="isFirst">
    /// Whether the client has not been on the line before. A new connection may lead to the same line: what is late there stays late.
    /// </param>
    public SerialConnection(Stream stream, ModbusClientOptions options, TimeProvider time, LateReplies lateReplies, bool isFirst)
    {
        _line = new(stream, time);
        _framing = SerialFraming.Of(options.Framing);
        _options = options;
        _time = time;
        _lateReplies = lateReplies;
        _isDisturbed = !isFirst;
        _request = new byte[_framing.MaxFrameLength];

        // Room for noise and other units' late answers before the one that is waited for.
        _received = new byte[2 * _framing.MaxFrameLength];
    }

    /// <summary>What the bytes since the request are.</summary>
    private enum Found
    {
        /// <summary>No answer, and perhaps the beginning of one.</summary>
        Nothing,

        /// <summary>The answer.</summary>
        Answer,

        /// <summary>The answer, if nothing more comes.</summary>
        AnswerIfSilent,
    }

    public override Exception? Fault => _line.Fault;

    public override ValueTask DisposeAsync() => _line.DisposeAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ModbusResult> ExecuteAsync(Transaction transaction, TimeSpan responseTimeout, CancellationToken cancellationToken)
    {
        var unitId = transaction.Unit.Id;
        await SettleAsync(unitId, transaction.Function, responseTimeout, cancellationToken);

        var frameLength = _framing.Write(_request, unitId, transaction.RequestPdu);
        var timeOnLine = _options.Timing?.TransmissionTime(frameLength + _framing.FrameLength(transaction.ExpectedLength)) ?? TimeSpan.Zero;
        var timeout = responseTimeout + timeOnLine;
        var sent = _time.GetTimestamp();
        _isDisturbed = _isAnswerDue = true;
        try
        {
            await _line.WriteAsync(_request.AsMemory(0, frameLength), timeout, cancellationToken);
            return unitId == BroadcastUnitId
                ? await AwaitTurnaroundAsync(timeOnLine, cancellationToken)
                : await ReceiveAsync(transaction, timeout, cancellationToken);
        }
        finally
        {
            if (_isAnswerDue)
                ExpectLate(unitId, transaction.Function, timeout - _time.GetElapsedTime(sent), _options.LateReplyWindow ?? responseTimeout);
        }
    }

    // The wait may have ended before its time: because it was cancelled, or because something came that was no answer.
    private void ExpectLate(byte unitId, byte function, TimeSpan remaining, TimeSpan window) =>
        _lateReplies.Expect(unitId, function, window + (remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ModbusResult> ReceiveAsync(Transaction transaction, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var sent = _time.GetTimestamp();
        var received = 0;
        var wait = timeout;
        var end = new ModbusResult(ModbusStatus.Timeout);
        while (received < _received.Length && await _line.WaitAsync(wait, cancellationToken))
        {
            received += _line.Take(_received.AsSpan(received));
            var found = Examine(transaction, received, out end, out var strayBytes);
            if (found == Found.Answer)
            {
                _isAnswerDue = false;
                return end;
            }

            // As many bytes as the answer has, and not the answer: it was destroyed. Silence then ends the wait early; and
            // if no other answer was to come that these bytes could have been, this one will not come any more.
            var isDestroyed = strayBytes >= _framing.FrameLength(transaction.ExpectedLength);
            _isAnswerDue = !isDestroyed || _lateReplies.Any;
            var remaining = timeout - _time.GetElapsedTime(sent);
            wait = (isDestroyed || found == Found.AnswerIfSilent) && remaining > _framing.MaxGapInFrame ? _framing.MaxGapInFrame : remaining;
        }

        if (end.Status is ModbusStatus.Success or ModbusStatus.Exception)
            _isAnswerDue = false;
        return end;
    }

    /// <summary>Looks for the answer among all bytes since the request.</summary>
    private Found Examine(Transaction transaction, int received, out ModbusResult end, out int strayBytes)
    {
        end = new(ModbusStatus.Timeout);
        strayBytes = 0;
        for (var at = 0; at < received;)
        {
            var status = _framing.Read(_received.AsSpan(at, received - at), transaction.LengthOfResponse, _pdu, out var frame);
            if (status != FrameStatus.Whole)
            {
                // What looks like the beginning of a frame may be noise before one.
                var skipped = status == FrameStatus.Garbage ? frame.Length : 1;
                strayBytes += skipped;
                at += skipped;
                continue;
            }

            at += frame.Length;
            var pdu = _pdu.AsSpan(0, frame.PduLength);
            var match = frame.UnitId == transaction.Unit.Id ? transaction.Match(pdu) : ResponseMatch.No;
            end = transaction.Accept(match, pdu);
            if (match != ResponseMatch.No)
            {
                _isDisturbed = at < received;
                return !_framing.HasMarks && transaction.LengthOfResponse(pdu) == PduLength.UntilSilence ? Found.AnswerIfSilent : Found.Answer;
            }

            _lateReplies.Arrived(frame.UnitId, FunctionOf(pdu));
        }

        if (strayBytes > 0)
            end = new(ModbusStatus.ChecksumError);
        return Found.Nothing;
    }

    // Nobody answers a broadcast; the devices are given time to carry it out.
    private async ValueTask<ModbusResult> AwaitTurnaroundAsync(TimeSpan timeOnLine, CancellationToken cancellationToken)
    {
        var sent = _time.GetTimestamp();
        while (timeOnLine + TurnaroundDelay - _time.GetElapsedTime(sent) is var remaining && remaining > TimeSpan.Zero
            && await _line.WaitAsync(remaining, cancellationToken))
        {
            Discard(0);
        }

        _isDisturbed = _isAnswerDue = false;
        return new(ModbusStatus.Success);
    }

    /// <summary>Waits until the answer to come cannot be mistaken for another, and the line is silent.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SettleAsync(byte unitId, byte function, TimeSpan responseTimeout, CancellationToken cancellationToken)
    {
        var held = 0;
        while (_lateReplies.RemainingTime(unitId, function) is var remaining && remaining > TimeSpan.Zero
            && await _line.WaitAsync(remaining, cancellationToken))
        {
            held = Discard(held);
        }

        if (_isDisturbed)
            await DrainAsync(responseTimeout, cancellationToken);
        _isDisturbed = false;

        // A byte within the silence means that somebody is sending.
        var silence = _framing.HasMarks ? TimeSpan.Zero : _options.Timing?.InterFrameDelay ?? TimeSpan.Zero;
        if (await _line.WaitAsync(silence - _time.GetElapsedTime(_line.LastActivity), cancellationToken))
            await DrainAsync(responseTimeout, cancellationToken);
    }

    /// <summary>Discards what comes until the line is quiet, at most for the limit: a babbling device must not stop the bus.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var held = 0;
        while (_time.GetElapsedTime(began) < limit
            && await _line.WaitAsync(QuietTime - _time.GetElapsedTime(_line.LastActivity), cancellationToken))
        {
            held = Discard(held);
        }
    }

    /// <summary>Takes bytes behind those held and looks for late answers among all; returns how many are held then.</summary>
    private int Discard(int held)
    {
        if (held == _received.Length)
            held = 0;
        held += _line.Take(_received.AsSpan(held));
        for (var at = 0; at < held;)
        {
            var status = _framing.Read(_received.AsSpan(at, held - at), PduLength.OfResponse, _pdu, out var frame);
            if (status == FrameStatus.Whole)
                _lateReplies.Arrived(frame.UnitId, FunctionOf(_pdu));
            at += status == FrameStatus.Incomplete ? 1 : frame.Length;
        }

        return held;
    }

    private static byte FunctionOf(ReadOnlySpan<byte> pdu) => (byte)(pdu[0] & ~ResponseWriter.ExceptionFlag);
}
