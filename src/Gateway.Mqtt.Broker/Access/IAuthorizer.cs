namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// Decides what a connected client may do. It is asked on the routing path, for each message: an implementation
/// answers from memory, at once, without allocating and without throwing. Thread-safe.
/// </summary>
public interface IAuthorizer
{
    /// <summary>May the client publish to this topic (its Will included)?</summary>
    /// <param name="client">Who.</param>
    /// <param name="topic">The topic name in UTF-8.</param>
    bool MayPublish(ClientIdentity client, ReadOnlySpan<byte> topic);

    /// <summary>May the client subscribe with this filter?</summary>
    /// <param name="client">Who.</param>
    /// <param name="filter">The topic filter in UTF-8, without <c>$share/{group}/</c>.</param>
    bool MaySubscribe(ClientIdentity client, ReadOnlySpan<byte> filter);

    /// <summary>May the client, which has subscribed, receive a message on this topic?</summary>
    /// <param name="client">Who.</param>
    /// <param name="topic">The topic name in UTF-8.</param>
    bool MayRead(ClientIdentity client, ReadOnlySpan<byte> topic);
}

/// <summary>Who a connected client is, for decisions about what it may do.</summary>
/// <param name="ClientId">The client identifier.</param>
/// <param name="UserName">The user name that was authenticated; null for an anonymous client.</param>
public sealed record ClientIdentity(string ClientId, string? UserName);
