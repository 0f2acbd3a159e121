using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>What it takes to acknowledge a received message later, perhaps on another connection.</summary>
/// <param name="SessionNumber">The session of the server that it came in.</param>
/// <param name="ConnectionNumber">The connection that it came on.</param>
/// <param name="Sequence">Its place among the messages of that connection.</param>
/// <param name="PacketIdentifier">Its Packet Identifier; 0 at QoS 0, which needs no acknowledgement.</param>
/// <param name="QoS">Its QoS.</param>
internal readonly record struct Receipt(
    long SessionNumber, long ConnectionNumber, long Sequence, ushort PacketIdentifier, QualityOfService QoS);
