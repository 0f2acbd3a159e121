using System.Net;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker;

/// <summary>Something that happened to a client of the broker.</summary>
/// <param name="ClientId">Client identifier.</param>
public abstract record ClientEvent(string ClientId);

/// <summary>A client connected.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="UserName">Null for an anonymous client.</param>
/// <param name="RemoteEndPoint">Where from; null for transports without addresses.</param>
/// <param name="ProtocolVersion">What it speaks.</param>
/// <param name="SessionPresent">It resumed a session.</param>
public sealed record ClientConnected(
    string ClientId, string? UserName, EndPoint? RemoteEndPoint, ProtocolVersion ProtocolVersion, bool SessionPresent)
    : ClientEvent(ClientId);

/// <summary>A client's connection ended, whoever ended it.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="ReasonCode">As a DISCONNECT of 5.0 says it.</param>
/// <param name="Reason">A clause for people.</param>
public sealed record ClientDisconnected(string ClientId, ReasonCode ReasonCode, string Reason) : ClientEvent(ClientId);

/// <summary>A client subscribed, or changed a subscription.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="TopicFilter">With <c>$share/{group}/</c> if it is shared.</param>
/// <param name="MaximumQoS">The QoS that was granted.</param>
public sealed record ClientSubscribed(string ClientId, string TopicFilter, QualityOfService MaximumQoS) : ClientEvent(ClientId);

/// <summary>A client took a subscription back.</summary>
/// <param name="ClientId">Client identifier.</param>
/// <param name="TopicFilter">With <c>$share/{group}/</c> if it is shared.</param>
public sealed record ClientUnsubscribed(string ClientId, string TopicFilter) : ClientEvent(ClientId);
