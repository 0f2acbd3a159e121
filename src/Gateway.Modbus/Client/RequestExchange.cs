using Gateway.Modbus.Framing;

namespace Gateway.Modbus.Client;

/// <summary>
/// One request and its answer, in one framing. Owns the buffers of both: the request's PDU is written into
/// <see cref="RequestPdu"/> before, the answer's read from <see cref="ResponsePdu"/> after
/// <see cref="ExecuteAsync"/>, and until the next one.
/// </summary>
internal abstract class RequestExchange
{
    public abstract Span<byte> RequestPdu { get; }

    public abstract ReadOnlySpan<byte> ResponsePdu { get; }

    /// <summary>Sends the request that lies in <see cref="RequestPdu"/> and waits for its answer.</summary>
    /// <exception cref="IOException">The line is broken.</exception>
    public abstract ValueTask<ModbusResult> ExecuteAsync(
        ByteLine line, byte unitId, int pduLength, TimeSpan responseTimeout, CancellationToken cancellationToken);

    /// <summary>Forgets what it knows of the line that was.</summary>
    public abstract void OnReconnected();
}
