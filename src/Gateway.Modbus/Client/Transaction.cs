using System.Threading.Tasks.Sources;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <summary>
/// One request and its answer: the buffers of both, and over TCP the wait for it. A client has as many as it may have
/// requests under way, and uses them over and over.
/// </summary>
internal sealed class Transaction : IValueTaskSource<ModbusResult>
{
    private readonly byte[] _request = new byte[ModbusLimits.MaxPduLength];
    private readonly byte[] _response = new byte[ModbusLimits.MaxPduLength];
    private ManualResetValueTaskSourceCore<ModbusResult> _source;
    private CancellationTokenRegistration _registration;
    private int _requestLength;
    private int _responseLength;
    private ResponseShape? _shape;

    public Transaction() => LengthOfResponse = LengthOf;

    public ModbusUnit Unit { get; private set; }

    public ReadOnlySpan<byte> RequestPdu => _request.AsSpan(0, _requestLength);

    public ReadOnlySpan<byte> ResponsePdu => _response.AsSpan(0, _responseLength);

    public byte Function => _request[0];

    /// <summary>The length of the answer's PDU, as far as the request tells; else the least.</summary>
    public int ExpectedLength => _shape is null ? Math.Max(2, ResponseReader.ExpectedLength(RequestPdu)) : 2;

    /// <summary>Tells the length of responses: of any, as the standard says; of this request's, as its caller says.</summary>
    public PduLengthRule LengthOfResponse { get; }

    /// <summary>TCP: what tells the answer from others.</summary>
    public ushort Id { get; set; }

    /// <summary>TCP: how long the device has, and until when; a timestamp.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>TCP: until when the device has time; a timestamp.</summary>
    public long Deadline { get; set; }

    /// <summary>TCP: the end of the wait.</summary>
    public ValueTask<ModbusResult> Task => new(this, _source.Version);

    /// <summary>Where the request's PDU is to be written, before <see cref="Prepare"/>.</summary>
    public Span<byte> Begin(ModbusUnit unit)
    {
        Unit = unit;
        _responseLength = 0;
        return _request;
    }

    /// <summary>The request is there.</summary>
    /// <param name="requestLength">Of its PDU.</param>
    /// <param name="shape">Null: a function that the library knows.</param>
    public void Prepare(int requestLength, ResponseShape? shape = null)
    {
        _requestLength = requestLength;
        _shape = shape;
    }

    public ResponseMatch Match(ReadOnlySpan<byte> pdu) =>
        _shape is { } shape ? ResponseReader.MatchRaw(RequestPdu, pdu, shape) : ResponseReader.Match(RequestPdu, pdu);

    /// <summary>Keeps the answer; returns the end of the request that follows from it.</summary>
    public ModbusResult Accept(ResponseMatch match, ReadOnlySpan<byte> pdu)
    {
        if (match == ResponseMatch.No)
            return new(ModbusStatus.UnexpectedResponse);

        pdu.CopyTo(_response);
        _responseLength = pdu.Length;
        return match == ResponseMatch.Yes ? new(ModbusStatus.Success) : new(ModbusStatus.Exception, (ExceptionCode)pdu[1]);
    }

    public void BeginWait() => _source.Reset();

    public void CancelBy(Action<object?, CancellationToken> onCancelled, CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(onCancelled, this);

    public void End(ModbusResult result) => _source.SetResult(result);

    public void End(Exception fault) => _source.SetException(fault);

    ModbusResult IValueTaskSource<ModbusResult>.GetResult(short token)
    {
        _registration.Dispose();
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<ModbusResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ModbusResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private int LengthOf(ReadOnlySpan<byte> pdu) =>
        _shape is { } shape && !pdu.IsEmpty && (pdu[0] & ~ResponseWriter.ExceptionFlag) == Function ? shape.LengthOf(pdu) : PduLength.OfResponse(pdu);
}
