namespace Gateway.Abstractions.Drivers;

/// <summary>A bus that carries other masters' requests between its own, as they are.</summary>
public interface IRelayBus : IBus
{
    /// <summary>Carries one request. A refusal of the device is an answer; a silent device and a fault of the bus are no exceptions.</summary>
    /// <param name="unit">Whom it is for.</param>
    /// <param name="request">The request, in the bus's own protocol, without its frame.</param>
    /// <param name="answer">Takes the answer, likewise; has room for the longest.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<RelayOutcome> RelayAsync(byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken);
}
