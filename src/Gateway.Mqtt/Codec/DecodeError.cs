using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>Why bytes are not a packet.</summary>
/// <param name="ReasonCode">What a CONNACK or DISCONNECT of 5.0 would say; success means no error.</param>
/// <param name="Message">One sentence for the log; a constant, never made from the peer's bytes.</param>
public readonly record struct DecodeError(ReasonCode ReasonCode, string Message);
