using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// A PUBLISH where it lies in the receive buffer: checked to the last byte, nothing copied, nothing allocated. Valid as long
/// as the frame it was read from. MQTT 5.0 §3.3.
/// <code>
/// Topic Name | [QoS 1, 2: Packet Identifier] | [5.0: properties] | Payload
/// </code>
/// </summary>
public readonly ref struct PublishView
{
    private const byte DupFlag = 0x08;
    private const byte RetainFlag = 0x01;
    private const int TopicAliasLength = 3;

    private readonly int _topicAliasOffset;

    private PublishView(byte flags, ushort packetIdentifier, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        QoS = (QualityOfService)((flags >> 1) & 0x03);
        Retain = (flags & RetainFlag) != 0;
        Duplicate = (flags & DupFlag) != 0;
        PacketIdentifier = packetIdentifier;
        Topic = topic;
        Payload = payload;
        _topicAliasOffset = -1;
        MessageExpiryOffset = -1;
    }

    private PublishView(PublishView other, ReadOnlySpan<byte> properties, PropertyOffsets offsets)
    {
        this = other;
        Properties = properties;
        TopicAlias = offsets.TopicAlias;
        _topicAliasOffset = offsets.TopicAliasAt;
        MessageExpiryInterval = offsets.MessageExpiryInterval;
        MessageExpiryOffset = offsets.MessageExpiryAt;
        HasSubscriptionIdentifiers = offsets.HasSubscriptionIdentifiers;
        PayloadFormatIndicator = offsets.PayloadFormat;
    }

    /// <summary>Topic Name, UTF-8, without wildcards; empty only beside a Topic Alias.</summary>
    public ReadOnlySpan<byte> Topic { get; }

    /// <summary>The properties as received, without their length; empty before 5.0.</summary>
    public ReadOnlySpan<byte> Properties { get; }

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>QoS 0, 1 or 2.</summary>
    public QualityOfService QoS { get; }

    /// <summary>RETAIN flag.</summary>
    public bool Retain { get; }

    /// <summary>DUP flag.</summary>
    public bool Duplicate { get; }

    /// <summary>1 to 65,535 at QoS 1 and 2; 0 at QoS 0.</summary>
    public ushort PacketIdentifier { get; }

    /// <summary>Topic Alias, not 0; null: absent.</summary>
    public ushort? TopicAlias { get; }

    /// <summary>Message Expiry Interval, seconds; null: absent.</summary>
    public uint? MessageExpiryInterval { get; }

    /// <summary>Where the four bytes of the Message Expiry Interval begin in <see cref="Properties"/>; -1: absent.</summary>
    public int MessageExpiryOffset { get; }

    /// <summary>A server may send them, a client may not.</summary>
    public bool HasSubscriptionIdentifiers { get; }

    /// <summary>Payload Format Indicator.</summary>
    public PayloadFormat PayloadFormatIndicator { get; }

    /// <summary>Length of what <see cref="CopyForwardedProperties"/> writes, bytes.</summary>
    public int ForwardedPropertiesLength => Properties.Length - (_topicAliasOffset < 0 ? 0 : TopicAliasLength);

    /// <summary>Decodes and checks a PUBLISH.</summary>
    /// <param name="frame">A frame of type PUBLISH.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="view">The view, if the answer is true.</param>
    /// <param name="error">The error, if it is false.</param>
    public static bool TryRead(scoped in PacketFrame frame, ProtocolVersion version, out PublishView view, out DecodeError error)
    {
        var reader = new BodyReader(frame.Body);
        var flags = frame.Header.Flags;
        var topic = reader.ReadTopicName(mayBeEmpty: version == ProtocolVersion.V50);
        var packetIdentifier = (flags & 0b0110) == 0 ? (ushort)0 : reader.ReadPacketIdentifier();
        if ((flags & 0b1110) == DupFlag && version != ProtocolVersion.V31)
        {
            reader.Fail(ReasonCode.MalformedPacket, "DUP is set on a QoS 0 message.");
        }

        if (version != ProtocolVersion.V50)
        {
            view = new PublishView(flags, packetIdentifier, topic, reader.ReadRest());
        }
        else
        {
            var properties = ReadProperties(ref reader, out var offsets);
            if (topic.IsEmpty && offsets.TopicAlias is null)
            {
                reader.Fail(ReasonCode.ProtocolError, "The Topic Name is empty and there is no Topic Alias.");
            }

            view = new PublishView(new PublishView(flags, packetIdentifier, topic, reader.ReadRest()), properties, offsets);
        }

        error = reader.Error;
        return !reader.Failed;
    }

    /// <summary>Copies the properties that a server forwards: all but the Topic Alias, which belongs to one connection.</summary>
    /// <param name="destination">At least <see cref="ForwardedPropertiesLength"/> bytes.</param>
    /// <returns>Where the Message Expiry Interval lies in the copy; -1: absent.</returns>
    public int CopyForwardedProperties(Span<byte> destination)
    {
        if (_topicAliasOffset < 0)
        {
            Properties.CopyTo(destination);
            return MessageExpiryOffset;
        }

        Properties[.._topicAliasOffset].CopyTo(destination);
        Properties[(_topicAliasOffset + TopicAliasLength)..].CopyTo(destination[_topicAliasOffset..]);
        return MessageExpiryOffset > _topicAliasOffset ? MessageExpiryOffset - TopicAliasLength : MessageExpiryOffset;
    }

    /// <summary>The same as a packet that owns its bytes.</summary>
    public PublishPacket ToPacket()
    {
        List<uint>? subscriptionIdentifiers = null;
        var message = ToMessage(Encoding.UTF8.GetString(Topic), ref subscriptionIdentifiers);
        return new PublishPacket
        {
            Message = message,
            Duplicate = Duplicate,
            PacketIdentifier = PacketIdentifier,
            TopicAlias = TopicAlias,
            SubscriptionIdentifiers = subscriptionIdentifiers ?? (IReadOnlyList<uint>)[],
        };
    }

    /// <summary>The message, with copies of its bytes.</summary>
    /// <param name="topic">The Topic Name, which the caller may have resolved from an alias.</param>
    public ApplicationMessage ToMessage(string topic)
    {
        List<uint>? ignored = null;
        return ToMessage(topic, ref ignored);
    }

    private static ReadOnlySpan<byte> ReadProperties(scoped ref BodyReader reader, out PropertyOffsets offsets)
    {
        offsets = new PropertyOffsets { TopicAliasAt = -1, MessageExpiryAt = -1 };
        reader.BeginProperties(PropertySet.Publish);
        var start = reader.Position;
        var properties = reader.PeekSection();
        while (reader.NextProperty(out var identifier))
        {
            switch (identifier)
            {
                case PropertyIdentifier.PayloadFormatIndicator:
                    offsets.PayloadFormat = reader.ReadBoolean() ? PayloadFormat.Utf8 : PayloadFormat.Unspecified;
                    break;
                case PropertyIdentifier.MessageExpiryInterval:
                    offsets.MessageExpiryAt = reader.Position - start;
                    offsets.MessageExpiryInterval = reader.ReadUInt32();
                    break;
                case PropertyIdentifier.TopicAlias:
                    offsets.TopicAliasAt = reader.Position - 1 - start;
                    var alias = reader.ReadUInt16();
                    if (alias == 0)
                    {
                        reader.Fail(ReasonCode.TopicAliasInvalid, "The Topic Alias is zero.");
                    }

                    offsets.TopicAlias = alias;
                    break;
                case PropertyIdentifier.SubscriptionIdentifier:
                    reader.ReadSubscriptionIdentifier();
                    offsets.HasSubscriptionIdentifiers = true;
                    break;
                case PropertyIdentifier.ResponseTopic:
                    reader.ReadTopicName();
                    break;
                case PropertyIdentifier.CorrelationData:
                    reader.ReadBinary();
                    break;
                case PropertyIdentifier.ContentType:
                    reader.ReadUtf8();
                    break;
                default:
                    reader.ReadUtf8();
                    reader.ReadUtf8();
                    break;
            }
        }

        return properties;
    }

    // The properties were checked when the view was made: no error can come up here.
    private ApplicationMessage ToMessage(string topic, ref List<uint>? subscriptionIdentifiers)
    {
        var properties = default(MessageProperties);
        var reader = new BodyReader(Properties);
        reader.BeginPropertiesOfKnownLength(PropertySet.Publish);
        while (reader.NextProperty(out var identifier))
        {
            switch (identifier)
            {
                case PropertyIdentifier.TopicAlias:
                    reader.ReadUInt16();
                    break;
                case PropertyIdentifier.SubscriptionIdentifier:
                    (subscriptionIdentifiers ??= []).Add(reader.ReadSubscriptionIdentifier());
                    break;
                default:
                    properties.Read(ref reader, identifier);
                    break;
            }
        }

        return properties.ToMessage(topic, Payload.ToArray(), QoS, Retain);
    }

    private struct PropertyOffsets
    {
        public ushort? TopicAlias;
        public int TopicAliasAt;
        public uint? MessageExpiryInterval;
        public int MessageExpiryAt;
        public bool HasSubscriptionIdentifiers;
        public PayloadFormat PayloadFormat;
    }
}
