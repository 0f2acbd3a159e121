using System.Buffers;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>The effects of a <see cref="ClientSession"/>. Called from within its methods; may call back into them.</summary>
internal interface IClientSessionSink
{
    /// <summary>Takes the bytes to send.</summary>
    IBufferWriter<byte> Output { get; }

    /// <summary>True: write no more messages until <see cref="ClientSession.Pump"/> is called.</summary>
    bool IsOutputFull { get; }

    /// <summary>CONNACK: accepted.</summary>
    void Connected(ConnAckPacket packet);

    /// <summary>CONNACK: refused. The connection is to be closed.</summary>
    void Refused(ConnAckPacket packet);

    /// <summary>The server asks for more by AUTH; to be answered with <see cref="ClientSession.ContinueAuthentication"/> or <see cref="ClientSession.FailAuthentication"/>.</summary>
    void AuthenticationContinues(ReadOnlyMemory<byte>? data);

    /// <summary>The server is content; to be answered with <see cref="ClientSession.FinishAuthentication"/> or <see cref="ClientSession.FailAuthentication"/>.</summary>
    void AuthenticationEnds(ReadOnlyMemory<byte>? data);

    /// <summary>A message; to be acknowledged with <see cref="ClientSession.Acknowledge"/> at QoS 1 and 2.</summary>
    void MessageReceived(PublishPacket packet, in Receipt receipt);

    /// <summary>A QoS 0 message stands in the output: it ends when that is written.</summary>
    void MessageWritten(in OutgoingPublish publish);

    /// <summary>A message at QoS 2 has its identifier: whether it may leave now, or by <see cref="ClientSession.Stored"/>. Does not call back.</summary>
    bool MayLeave(ushort packetIdentifier, in OutgoingPublish publish);

    /// <summary>PUBREC has come: whether PUBREL may leave now, or by <see cref="ClientSession.Stored"/>. Does not call back.</summary>
    bool MayRelease(ushort packetIdentifier, in OutgoingPublish publish);

    /// <summary>A publish has ended.</summary>
    void PublishEnded(in OutgoingPublish publish, PublishResult result);

    /// <summary>SUBACK or UNSUBACK for a request, with its codes (none for UNSUBACK before 5.0).</summary>
    void RequestAnswered(object request, IReadOnlyList<ReasonCode> reasonCodes);

    /// <summary>The connection was lost before the answer.</summary>
    void RequestLost(object request);

    /// <summary>The connection is to be closed after what stands in the output.</summary>
    void Ended(SessionEnd end);
}
