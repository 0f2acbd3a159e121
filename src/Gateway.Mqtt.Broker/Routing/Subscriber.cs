namespace Gateway.Mqtt.Broker.Routing;

/// <summary>Whoever messages are routed to: a client's session, or a handler in this process.</summary>
internal abstract class Subscriber
{
    /// <summary>The client identifier; empty for a handler in this process.</summary>
    public abstract string ClientId { get; }

    public abstract Readiness Readiness { get; }

    /// <summary>The route that last met this subscriber, and its place there: overlapping subscriptions find each other by it.</summary>
    public long RouteNumber { get; set; }

    /// <inheritdoc cref="RouteNumber"/>
    public int RouteIndex { get; set; }

    /// <summary>Whether it may be given messages of that topic; asked where another one could be given them instead.</summary>
    public virtual bool MayReceive(ReadOnlySpan<byte> topic) => true;

    /// <summary>Sends, queues or drops (and counts) the message. Must not route, subscribe or disconnect.</summary>
    public abstract void Deliver(ref RoutedMessage message, in RouteTarget target);
}

/// <summary>How soon a subscriber could take another message.</summary>
internal enum Readiness
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It would be queued until the client returns.</summary>
    Away,

    /// <summary>It would be queued until the client acknowledges something.</summary>
    Busy,

    /// <summary>At once.</summary>
    Ready,
}
