using System.Runtime.CompilerServices;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <summary>Modbus TCP: the transaction id tells a late answer from the one that is waited for.</summary>
internal sealed class TcpExchange(TimeProvider time) : RequestExchange
{
    /// <summary>
    /// After so many requests without a single byte the connection is taken for dead: a peer that vanished without
    /// closing is found again by a new connection only.
    /// </summary>
    private const int MaxSilentRequests = 3;

    private readonly byte[] _request = new byte[MbapHeader.MaxFrameLength];
    private readonly byte[] _response = new byte[MbapHeader.MaxFrameLength];
    private ushort _transactionId;
    private int _received;
    private int _responsePduLength;
    private int _silentRequests;

    public override Span<byte> RequestPdu => _request.AsSpan(MbapHeader.Length);

    public override ReadOnlySpan<byte> ResponsePdu => _response.AsSpan(MbapHeader.Length, _responsePduLength);

    public override void OnReconnected() => _received = _silentRequests = 0;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ModbusResult> ExecuteAsync(
        ByteLine line, byte unitId, int pduLength, TimeSpan responseTimeout, CancellationToken cancellationToken)
    {
        new MbapHeader(++_transactionId, unitId, pduLength).Write(_request);
        await line.WriteAsync(_request.AsMemory(0, MbapHeader.Length + pduLength), responseTimeout, cancellationToken);

        var sent = time.GetTimestamp();
        var status = ModbusStatus.Timeout;
        var isSilent = true;
        while (await ReceiveFrameAsync(line, responseTimeout - time.GetElapsedTime(sent), cancellationToken))
        {
            isSilent = false;
            MbapHeader.TryRead(_response, out var header);
            _received = 0;
            if (header.TransactionId != _transactionId)
                continue;

            _responsePduLength = header.PduLength;
            var match = header.UnitId == unitId ? ResponseReader.Match(RequestPdu[..pduLength], ResponsePdu) : ResponseMatch.No;
            if (match == ResponseMatch.No)
            {
                status = ModbusStatus.UnexpectedResponse;
                break;
            }

            _silentRequests = 0;
            return match == ResponseMatch.Yes
                ? new(ModbusStatus.Success)
                : new(ModbusStatus.Exception, (ExceptionCode)ResponsePdu[1]);
        }

        _silentRequests = isSilent ? _silentRequests + 1 : 0;
        if (_silentRequests >= MaxSilentRequests)
            line.Abandon(new IOException($"The connection gave no byte for {MaxSilentRequests} requests."));
        return new(status);
    }

    // Receives one frame; what has come of it when the time is over stays for the next call.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveFrameAsync(ByteLine line, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var wanted = MbapHeader.Length;
            if (_received >= MbapHeader.Length)
            {
                if (!MbapHeader.TryRead(_response, out var header))
                {
                    var fault = new IOException("The other side sent bytes that are no Modbus TCP.");
                    line.Abandon(fault);
                    throw fault;
                }

                wanted += header.PduLength;
                if (_received == wanted)
                    return true;
            }

            if (!await line.WaitAsync(timeout - time.GetElapsedTime(began), cancellationToken))
                return false;
            _received += line.Take(_response.AsSpan(_received, wanted - _received));
        }
    }
}
