using System.Text;
using Gateway.Mqtt.Broker.Persistence;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Routing;

/// <summary>
/// A message that outlives the packet it came in: retained, queued or in flight. Immutable, and shared by all that
/// hold it; the garbage collector knows when the last one let go.
/// </summary>
internal sealed class StoredMessage
{
    // Object header, fields and array header: what a message costs beside its bytes.
    private const int Overhead = 96;

    private readonly byte[] _bytes;
    private readonly int _topicLength;
    private readonly int _propertiesLength;

    public StoredMessage(scoped in RoutedMessage message)
    {
        _topicLength = message.Topic.Length;
        _propertiesLength = message.Properties.Length;
        _bytes = GC.AllocateUninitializedArray<byte>(_topicLength + _propertiesLength + message.Payload.Length);
        message.Topic.CopyTo(_bytes);
        message.Properties.CopyTo(_bytes.AsSpan(_topicLength));
        message.Payload.CopyTo(_bytes.AsSpan(_topicLength + _propertiesLength));
        QoS = message.QoS;
        Retain = message.Retain;
        ExpiryOffset = message.ExpiryOffset;
        ExpiresAt = message.ExpiresAt;
        Origin = message.Origin;
    }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Topic => _bytes.AsSpan(0, _topicLength);

    /// <inheritdoc cref="RoutedMessage.Properties"/>
    public ReadOnlySpan<byte> Properties => _bytes.AsSpan(_topicLength, _propertiesLength);

    public ReadOnlySpan<byte> Payload => _bytes.AsSpan(_topicLength + _propertiesLength);

    public QualityOfService QoS { get; }

    public bool Retain { get; }

    /// <inheritdoc cref="RoutedMessage.ExpiryOffset"/>
    public int ExpiryOffset { get; }

    /// <inheritdoc cref="RoutedMessage.ExpiresAt"/>
    public long ExpiresAt { get; }

    /// <summary>The Client Identifier of who published it; null for this process.</summary>
    public string? Origin { get; }

    /// <summary>The journal's; null while no session that a store keeps waits for the message.</summary>
    public MessageRecord? Record { get; set; }

    /// <summary>What it counts for against limits, bytes.</summary>
    public int Size => _bytes.Length + Overhead;

    /// <summary>The same as a record with its own bytes.</summary>
    /// <param name="now">Milliseconds on the broker's clock.</param>
    /// <param name="retain">Its RETAIN flag.</param>
    public ApplicationMessage ToApplicationMessage(long now, bool retain)
    {
        var message = new RoutedMessage(this) { Now = now };
        var form = new PublishForm { Version = ProtocolVersion.V50, QoS = QoS, Retain = retain, PacketIdentifier = 1 };
        var packet = new byte[form.Measure(message)];
        form.Write(packet, message);
        var reader = new PacketReader(packet.AsSpan(), ProtocolVersion.V50);
        reader.Read(out var frame);
        PublishView.TryRead(frame, ProtocolVersion.V50, out var view, out _);
        return view.ToMessage(Encoding.UTF8.GetString(Topic));
    }
}
