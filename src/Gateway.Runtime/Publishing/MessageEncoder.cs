using System.Buffers;
using System.Globalization;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>Makes the message of a queue record. Not thread-safe.</summary>
/// <param name="site">The first part of every message's id.</param>
/// <param name="topic">Where messages go.</param>
/// <param name="style">What payloads look like.</param>
/// <param name="qos">How messages are delivered.</param>
/// <param name="retain">Whether brokers keep the last message of a topic.</param>
public sealed class MessageEncoder(string site, TopicTemplate topic, PayloadStyle style, QualityOfService qos, bool retain)
{
    private const int LargestKept = 1 << 16;

    private static readonly UserProperty Backlog = new("backlog", "true");

    private readonly List<Measurement> _measurements = [];
    private readonly Dictionary<(string Device, string Point), string> _topics = [];
    private ArrayBufferWriter<byte> _payload = new();

    /// <summary>
    /// The message, with its key also as User Property <c>id</c>, and <c>backlog</c> where that is so, which are sent in 5.0 only. Null if the record holds nothing that can be published.
    /// </summary>
    public ApplicationMessage? Encode(QueueRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        _measurements.Clear();
        try
        {
            MeasurementCodec.Read(record.Body.Span, record.Device, record.Point, record.Time, _measurements);
        }
        catch (InvalidDataException)
        {
            return null;
        }

        var id = string.Create(CultureInfo.InvariantCulture, $"{site}-{record.Boot}-{record.Sequence:D6}");
        var payload = _payload.Capacity <= LargestKept ? _payload : _payload = new ArrayBufferWriter<byte>();
        payload.ResetWrittenCount();
        if (record.Point.Length == 0)
        {
            PayloadWriter.WriteDeviceJson(payload, _measurements, id, record.IsBacklog);
        }
        else if (_measurements.Count != 1)
        {
            return null;
        }
        else if (style == PayloadStyle.Json)
        {
            PayloadWriter.WriteJson(payload, _measurements[0], id, record.IsBacklog);
        }
        else
        {
            PayloadWriter.WriteBareValue(payload, _measurements[0].Value);
        }

        return new ApplicationMessage
        {
            Topic = TopicOf(record.Device, record.Point),
            Payload = payload.WrittenSpan.ToArray(),
            QoS = qos,
            Retain = retain,
            UserProperties = record.IsBacklog ? [new UserProperty("id", id), Backlog] : [new UserProperty("id", id)],
        };
    }

    // As many topics as the maps have points, but a map's edit may bring new ones for ever: begun anew now and then.
    private string TopicOf(string device, string point)
    {
        if (_topics.TryGetValue((device, point), out var found))
        {
            return found;
        }

        if (_topics.Count >= 100_000)
        {
            _topics.Clear();
        }

        return _topics[(device, point)] = topic.Render(device, point);
    }
}
