using System.Buffers;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>
/// How one subscriber's copy of a message is encoded: everything in a PUBLISH that is not the message's own.
/// MQTT 5.0 §3.3.
/// </summary>
internal struct PublishForm
{
    private const int TopicAliasLength = 3;
    private const int LongestIdentifier = 5;
    private const int OnStack = 512;

    public ProtocolVersion Version;
    public QualityOfService QoS;
    public bool Retain;
    public bool Duplicate;
    public ushort PacketIdentifier;
    public SubscriptionIdentifiers Identifiers;

    /// <summary>0 = none.</summary>
    public ushort TopicAlias;

    /// <summary>The client knows the alias: the topic is left out.</summary>
    public bool OmitTopic;

    /// <summary>Nothing but the Packet Identifier sets this copy apart from those of other subscribers.</summary>
    public readonly bool IsShareable => !Duplicate && !HasOwnProperties;

    private readonly bool HasOwnProperties => Version == ProtocolVersion.V50 && (TopicAlias != 0 || !Identifiers.IsEmpty);

    /// <summary>The length of the whole packet, bytes.</summary>
    public readonly int Measure(scoped in RoutedMessage message)
    {
        var properties = message.Properties.Length;
        if (HasOwnProperties)
        {
            properties += TopicAlias == 0 ? 0 : TopicAliasLength;
            for (var i = 0; i < Identifiers.Count; i++)
            {
                properties += 1 + VariableByteInteger.Measure(Identifiers[i]);
            }
        }

        return PublishWriter.Measure(Version, QoS, OmitTopic ? 0 : message.Topic.Length, properties, message.Payload.Length);
    }

    /// <summary>Writes the packet, which is as long as <see cref="Measure"/> said.</summary>
    public readonly PublishLayout Write(Span<byte> packet, scoped in RoutedMessage message)
    {
        var layout = HasOwnProperties ? WriteWithOwnProperties(packet, message) : Write(packet, message, message.Properties);
        if (Duplicate)
        {
            PublishLayout.SetDuplicate(packet);
        }

        if (message.SecondsLeft is { } seconds && Version == ProtocolVersion.V50)
        {
            layout.SetMessageExpiry(packet, message.ExpiryOffset, seconds);
        }

        return layout;
    }

    private readonly PublishLayout Write(Span<byte> packet, scoped in RoutedMessage message, scoped ReadOnlySpan<byte> properties)
        => PublishWriter.Write(
            packet, Version, QoS, Retain, OmitTopic ? default : message.Topic, properties, message.Payload, PacketIdentifier);

    private readonly PublishLayout WriteWithOwnProperties(Span<byte> packet, scoped in RoutedMessage message)
    {
        var most = message.Properties.Length + TopicAliasLength + (Identifiers.Count * LongestIdentifier);
        byte[]? rented = null;
        var properties = most <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(most);

        // The message's own come first, so that the offset of its expiry holds.
        message.Properties.CopyTo(properties);
        var length = message.Properties.Length;
        if (TopicAlias != 0)
        {
            length += PublishWriter.WriteTopicAlias(properties[length..], TopicAlias);
        }

        for (var i = 0; i < Identifiers.Count; i++)
        {
            length += PublishWriter.WriteSubscriptionIdentifier(properties[length..], Identifiers[i]);
        }

        var layout = Write(packet, message, properties[..length]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return layout;
    }
}
