using System.Runtime.CompilerServices;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <summary>
/// RTU: a frame carries unit and function only, so order is kept by the line itself. Before a request the line has
/// been silent; after a fault it is drained; and while an answer may still come late, its function is not asked of
/// its unit again.
/// </summary>
internal sealed class RtuExchange(ModbusClientOptions options, TimeProvider time) : RequestExchange
{
    /// <summary>Room for noise and other units' late answers before the one that is waited for.</summary>
    private const int ResponseBufferSize = 2 * RtuFrame.MaxLength;

    private const byte BroadcastUnitId = 0;

    /// <summary>
    /// The silence that ends a disturbance. Longer than 3.5 characters: USB adapters hand bytes over every 16 ms, and
    /// sockets in segments.
    /// </summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(50);

    /// <summary>The time that devices get to carry a broadcast out. Modbus over Serial Line 1.02 §2.4.1.</summary>
    private static readonly TimeSpan TurnaroundDelay = TimeSpan.FromMilliseconds(100);

    private readonly byte[] _request = new byte[RtuFrame.MaxLength];
    private readonly byte[] _response = new byte[ResponseBufferSize];
    private readonly LateReplies _lateReplies = new(time);
    private Range _responsePdu;
    private bool _isDisturbed;

    public override Span<byte> RequestPdu => _request.AsSpan(RtuFrame.HeaderLength);

    public override ReadOnlySpan<byte> ResponsePdu => _response.AsSpan(_responsePdu);

    private byte Function => _request[RtuFrame.HeaderLength];

    // The new connection may lead to the same serial line: what is late there stays late.
    public override void OnReconnected() => _isDisturbed = true;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ModbusResult> ExecuteAsync(
        ByteLine line, byte unitId, int pduLength, TimeSpan responseTimeout, CancellationToken cancellationToken)
    {
        await SettleAsync(line, unitId, responseTimeout, cancellationToken);

        var frameLength = RtuFrame.Close(_request, unitId, pduLength);
        var expectedLength = ResponseReader.ExpectedLength(RequestPdu) + RtuFrame.Overhead;
        var timeOnLine = options.Timing?.TransmissionTime(frameLength + expectedLength) ?? TimeSpan.Zero;
        var isAnswered = false;
        try
        {
            await line.WriteAsync(_request.AsMemory(0, frameLength), responseTimeout + timeOnLine, cancellationToken);
            var result = unitId == BroadcastUnitId
                ? await AwaitTurnaroundAsync(line, timeOnLine, cancellationToken)
                : await ReceiveAsync(line, unitId, expectedLength, responseTimeout + timeOnLine, cancellationToken);
            isAnswered = result.Status is ModbusStatus.Success or ModbusStatus.Exception;
            return result;
        }
        finally
        {
            if (!isAnswered)
            {
                _isDisturbed = true;
                _lateReplies.Expect(unitId, Function, options.LateReplyWindow ?? responseTimeout);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ModbusResult> ReceiveAsync(
        ByteLine line, byte unitId, int expectedLength, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var sent = time.GetTimestamp();
        var received = 0;
        var wait = timeout;
        var status = ModbusStatus.Timeout;
        while (received < _response.Length && await line.WaitAsync(wait, cancellationToken))
        {
            received += line.Take(_response.AsSpan(received));
            status = Examine(received, unitId, out var strayBytes);
            if (status == ModbusStatus.Success)
                return new(status);
            if (status == ModbusStatus.Exception)
                return new(status, (ExceptionCode)ResponsePdu[1]);

            // As many bytes as the answer has, and not the answer: it was destroyed. Silence then ends the wait early.
            var remaining = timeout - time.GetElapsedTime(sent);
            wait = strayBytes >= expectedLength && remaining > QuietTime ? QuietTime : remaining;
        }

        return new(status);
    }

    /// <summary>Looks for the answer among all bytes since the request.</summary>
    private ModbusStatus Examine(int received, byte unitId, out int strayBytes)
    {
        var status = ModbusStatus.Timeout;
        var scanner = new RtuScanner(_response.AsSpan(0, received));
        while (scanner.MoveNext())
        {
            var match = scanner.UnitId == unitId ? ResponseReader.Match(RequestPdu, scanner.Pdu) : ResponseMatch.No;
            if (match != ResponseMatch.No)
            {
                strayBytes = scanner.StrayBytes;
                _responsePdu = scanner.PduRange;
                _isDisturbed = scanner.End < received;
                return match == ResponseMatch.Yes ? ModbusStatus.Success : ModbusStatus.Exception;
            }

            _lateReplies.Arrived(scanner.UnitId, scanner.Function);
            status = ModbusStatus.UnexpectedResponse;
        }

        strayBytes = scanner.StrayBytes;
        return strayBytes > 0 ? ModbusStatus.ChecksumError : status;
    }

    // Nobody answers a broadcast; the devices are given time to carry it out.
    private async ValueTask<ModbusResult> AwaitTurnaroundAsync(ByteLine line, TimeSpan timeOnLine, CancellationToken cancellationToken)
    {
        var sent = time.GetTimestamp();
        while (timeOnLine + TurnaroundDelay - time.GetElapsedTime(sent) is var remaining && remaining > TimeSpan.Zero
            && await line.WaitAsync(remaining, cancellationToken))
        {
            Discard(line, 0);
        }

        return new(ModbusStatus.Success);
    }

    /// <summary>Waits until the answer to come cannot be mistaken for another, and the line is silent.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SettleAsync(ByteLine line, byte unitId, TimeSpan responseTimeout, CancellationToken cancellationToken)
    {
        var held = 0;
        while (_lateReplies.RemainingTime(unitId, Function) is var remaining && remaining > TimeSpan.Zero
            && await line.WaitAsync(remaining, cancellationToken))
        {
            held = Discard(line, held);
        }

        if (_isDisturbed)
            await DrainAsync(line, responseTimeout, cancellationToken);
        _isDisturbed = false;

        // A byte within the silence means that somebody is sending.
        var silence = options.Timing?.InterFrameDelay ?? TimeSpan.Zero;
        if (await line.WaitAsync(silence - time.GetElapsedTime(line.LastActivity), cancellationToken))
            await DrainAsync(line, responseTimeout, cancellationToken);
    }

    /// <summary>Discards what comes until the line is quiet, at most for the limit: a babbling device must not stop the bus.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DrainAsync(ByteLine line, TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var held = 0;
        while (time.GetElapsedTime(began) < limit
            && await line.WaitAsync(QuietTime - time.GetElapsedTime(line.LastActivity), cancellationToken))
        {
            held = Discard(line, held);
        }
    }

    /// <summary>Takes bytes behind those held and looks for late answers among all; returns how many are held then.</summary>
    private int Discard(ByteLine line, int held)
    {
        if (held == _response.Length)
            held = 0;
        held += line.Take(_response.AsSpan(held));
        var scanner = new RtuScanner(_response.AsSpan(0, held));
        while (scanner.MoveNext())
            _lateReplies.Arrived(scanner.UnitId, scanner.Function);
        return held;
    }
}
