using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>The properties that an Application Message keeps from publisher to subscriber: those of PUBLISH and of a Will alike.</summary>
internal struct MessageProperties
{
    private PayloadFormat _payloadFormatIndicator;
    private uint? _messageExpiryInterval;
    private string? _contentType;
    private string? _responseTopic;
    private ReadOnlyMemory<byte>? _correlationData;
    private List<UserProperty>? _userProperties;

    public void Read(ref BodyReader reader, PropertyIdentifier identifier)
    {
        switch (identifier)
        {
            case PropertyIdentifier.PayloadFormatIndicator:
                _payloadFormatIndicator = reader.ReadBoolean() ? PayloadFormat.Utf8 : PayloadFormat.Unspecified;
                break;
            case PropertyIdentifier.MessageExpiryInterval:
                _messageExpiryInterval = reader.ReadUInt32();
                break;
            case PropertyIdentifier.ContentType:
                _contentType = reader.ReadString();
                break;
            case PropertyIdentifier.ResponseTopic:
                _responseTopic = Encoding.UTF8.GetString(reader.ReadTopicName());
                break;
            case PropertyIdentifier.CorrelationData:
                _correlationData = reader.ReadBinaryCopy();
                break;
            default:
                reader.ReadForwardedUserProperty(ref _userProperties);
                break;
        }
    }

    public readonly ApplicationMessage ToMessage(string topic, ReadOnlyMemory<byte> payload, QualityOfService qos, bool retain) => new()
    {
        Topic = topic,
        Payload = payload,
        QoS = qos,
        Retain = retain,
        PayloadFormatIndicator = _payloadFormatIndicator,
        MessageExpiryInterval = _messageExpiryInterval,
        ContentType = _contentType,
        ResponseTopic = _responseTopic,
        CorrelationData = _correlationData,
        UserProperties = _userProperties ?? (IReadOnlyList<UserProperty>)[],
    };
}
