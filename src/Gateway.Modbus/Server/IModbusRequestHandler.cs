namespace Gateway.Modbus.Server;

/// <summary>Who is at the other end of a server's connection.</summary>
/// <param name="Name">For the log: an address, a port. Null: not known.</param>
/// <param name="Role">The role in the client's certificate, of Modbus/TCP Security; null: none.</param>
public sealed record ModbusPeer(string? Name = null, string? Role = null);

/// <summary>A request that a server received.</summary>
/// <param name="UnitId">Whom it is for.</param>
/// <param name="Pdu">From the function code on; valid until it is answered.</param>
/// <param name="IsBroadcast">On a serial line, for unit 0: all units carry it out, and nobody answers.</param>
/// <param name="Peer">Who asks; null: not known.</param>
public readonly record struct ModbusRequest(byte UnitId, ReadOnlyMemory<byte> Pdu, bool IsBroadcast, ModbusPeer? Peer);

/// <summary>
/// Answers the requests that a server receives: from data of its own, or by asking somebody else. Called by several
/// connections at the same time; each waits for its answer before it takes the next request.
/// </summary>
public interface IModbusRequestHandler
{
    /// <summary>Carries a request out.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="responsePdu">Takes the answer, from the function code on; has room for the longest.</param>
    /// <param name="cancellationToken">Cancelled when the connection ends.</param>
    /// <returns>
    /// How many bytes the answer has. 0: the unit gives none, which over TCP becomes exception 11 and on a serial line is
    /// silence. What a broadcast gives is not sent. An exception that is thrown becomes exception 4.
    /// </returns>
    ValueTask<int> HandleAsync(ModbusRequest request, Memory<byte> responsePdu, CancellationToken cancellationToken);
}
