using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Embedding;

/// <summary>
/// Takes messages where they are routed: none is dropped on the way, as none waits in a queue. For whoever has to keep
/// every message, such as a bridge.
/// </summary>
public interface IMessageTap
{
    /// <summary>
    /// Takes a message. Called while the broker routes, one message at a time and in order: must be quick, must not
    /// block, and must not call the broker. An exception is logged and the message lost to this tap.
    /// </summary>
    /// <param name="message">The message as it was published, RETAIN flag included; its bytes are its own.</param>
    /// <param name="publisher">Who published it.</param>
    /// <param name="safe">
    /// Null if there is nothing to wait for. Else the publisher hears nothing (no PUBACK or PUBREC, and nothing behind
    /// it) before the task has ended, however it ends.
    /// </param>
    /// <returns>
    /// False if the tap should have kept the message and could not. A publisher of 5.0 then hears <see cref="ReasonCode.QuotaExceeded"/>,
    /// though subscribers have the message; an earlier one hears nothing of it, as it would of any other refusal (3.1.1 §3.3.5).
    /// </returns>
    bool TryTake(ApplicationMessage message, in MessagePublisher publisher, out Task? safe);
}

/// <summary>Who published a message.</summary>
/// <param name="ClientId">The Client Identifier; null for this process, and for a message whose publisher is not known any more.</param>
/// <param name="IsBridge">It is another broker's bridge, and said so (<see cref="ConnectPacket.IsBridge"/>).</param>
public readonly record struct MessagePublisher(string? ClientId, bool IsBridge);
