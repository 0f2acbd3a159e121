using System.Net;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker;

/// <summary>Something that happened in the broker; see <see cref="MqttBroker.Observe"/>.</summary>
public abstract record BrokerEvent
{
    private protected BrokerEvent()
    {
    }

    internal abstract BrokerEventKinds Kind { get; }
}

/// <summary>A client connected.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="UserName">Null for an anonymous client.</param>
/// <param name="RemoteEndPoint">Where from; null for transports without addresses.</param>
/// <param name="ProtocolVersion">What it speaks.</param>
/// <param name="SessionPresent">It resumed a session.</param>
public sealed record ClientConnected(
    string ClientId, string? UserName, EndPoint? RemoteEndPoint, ProtocolVersion ProtocolVersion, bool SessionPresent) : BrokerEvent
{
    internal override BrokerEventKinds Kind => BrokerEventKinds.ClientConnected;
}

/// <summary>A client's connection ended, whoever ended it.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="ReasonCode">As a DISCONNECT of 5.0 says it.</param>
/// <param name="Reason">A clause for people.</param>
public sealed record ClientDisconnected(string ClientId, ReasonCode ReasonCode, string Reason) : BrokerEvent
{
    internal override BrokerEventKinds Kind => BrokerEventKinds.ClientDisconnected;
}

/// <summary>A client subscribed, or changed a subscription.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="TopicFilter">With <c>$share/{group}/</c> if it is shared.</param>
/// <param name="MaximumQoS">The QoS that was granted.</param>
public sealed record ClientSubscribed(string ClientId, string TopicFilter, QualityOfService MaximumQoS) : BrokerEvent
{
    internal override BrokerEventKinds Kind => BrokerEventKinds.ClientSubscribed;
}

/// <summary>A client took a subscription back.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="TopicFilter">With <c>$share/{group}/</c> if it is shared.</param>
public sealed record ClientUnsubscribed(string ClientId, string TopicFilter) : BrokerEvent
{
    internal override BrokerEventKinds Kind => BrokerEventKinds.ClientUnsubscribed;
}

/// <summary>A message was routed: of a client, its Will included, or of this process.</summary>
/// <param name="ClientId">Who published it; null: this process.</param>
/// <param name="Message">As it was published.</param>
public sealed record MessagePublished(string? ClientId, ApplicationMessage Message) : BrokerEvent
{
    internal override BrokerEventKinds Kind => BrokerEventKinds.MessagePublished;
}

/// <summary>
/// A client has a message, as far as its QoS lets the broker know: at 0 it was sent, at 1 the client acknowledged it
/// (PUBACK), at 2 it took it over (PUBREC).
/// </summary>
/// <param name="ClientId">Who has it.</param>
/// <param name="Message">As it was delivered, with that QoS and RETAIN.</param>
public sealed record MessageDelivered(string ClientId, ApplicationMessage Message) : BrokerEvent
{
    internal override BrokerEventKinds Kind => BrokerEventKinds.MessageDelivered;
}
