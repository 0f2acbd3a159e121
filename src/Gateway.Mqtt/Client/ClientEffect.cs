using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Client;

/// <summary>Something to do outside of the lock, in order.</summary>
/// <param name="Kind">What.</param>
/// <param name="Subject">Packet, request, bytes or <see cref="SessionEnd"/>, by kind.</param>
/// <param name="Publish">The publish that ended.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Receipt">Of a received message.</param>
internal readonly record struct ClientEffect(
    ClientEffectKind Kind, object? Subject = null, OutgoingPublish Publish = default, PublishResult Result = default, Receipt Receipt = default);

/// <summary>The kinds of <see cref="ClientEffect"/>.</summary>
internal enum ClientEffectKind
{
    PublishEnded,
    MessageReceived,
    Connected,
    Refused,
    Ended,
    RequestAnswered,
    RequestLost,
    AuthenticationContinues,
    AuthenticationEnds,
}
