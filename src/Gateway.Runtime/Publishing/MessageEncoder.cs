using System.Buffers;
using System.Globalization;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>Makes the message of a queue record. Not thread-safe.</summary>
/// <param name="site">The first part of every message's id.</param>
/// <param name="publish">Where messages go and what they look like.</param>
/// <param name="qos">How messages are delivered.</param>
public sealed class MessageEncoder(string site, PublishOptions publish, QualityOfService qos)
{
    private const int LargestKept = 1 << 16;

    private static readonly UserProperty Backlog = new("backlog", "true");
    private static readonly UserProperty Unsynchronised = new("clock", PayloadWriter.Unsynchronised);

    private readonly TopicTemplate _topic = new(publish.Topic, site);
    private readonly PayloadTemplate? _template = publish.Template is { } text ? PayloadTemplate.Parse(text, publish.Per, out _) : null;
    private readonly List<Measurement> _measurements = [];
    private readonly Dictionary<(string Device, string Point), string?> _topics = [];
    private ArrayBufferWriter<byte> _payload = new();

    /// <summary>
    /// The message, with its key also as User Property <c>id</c>, and <c>backlog</c> and <c>clock</c> where that is so, which are sent in 5.0 only. Null if the record holds nothing that can be published.
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

        if (TopicOf(record.Device, record.Point) is not { } where)
        {
            return null;
        }

        var id = string.Create(CultureInfo.InvariantCulture, $"{site}-{record.Boot}-{record.Sequence:D6}");
        var payload = _payload.Capacity <= LargestKept ? _payload : _payload = new ArrayBufferWriter<byte>();
        payload.ResetWrittenCount();
        if (record.Point.Length > 0 && _measurements.Count != 1)
        {
            return null;
        }

        Write(payload, record, id);
        return new ApplicationMessage
        {
            Topic = where,
            Payload = payload.WrittenSpan.ToArray(),
            QoS = qos,
            Retain = publish.Retain,
            UserProperties = PropertiesOf(record, id),
        };
    }

    // A record may be older than the configuration: one of the other unit than 'per' says has no form but JSON for it.
    private void Write(IBufferWriter<byte> output, QueueRecord record, string id)
    {
        var isOfDevice = record.Point.Length == 0;
        switch (publish.Format)
        {
            case PayloadStyle.Influx:
                InfluxLines.Write(output, site, _measurements, isOfDevice, record.IsUnsynchronised);
                break;
            case PayloadStyle.ThingsBoard:
                ThingsBoardTelemetry.Write(output, publish.Topic == ThingsBoardTelemetry.GatewayTopic, record.Device, _measurements, isOfDevice, record.IsUnsynchronised);
                break;
            case PayloadStyle.Template when isOfDevice == (publish.Per == PublishUnit.Device):
                _template!.Write(output, new PayloadContext(site, record.Device, record.Time, id, record.IsBacklog, record.IsUnsynchronised, _measurements));
                break;
            case PayloadStyle.Value when !isOfDevice:
                PayloadWriter.WriteBareValue(output, _measurements[0].Value);
                break;
            default:
                if (isOfDevice)
                {
                    PayloadWriter.WriteDeviceJson(output, _measurements, id, record.IsBacklog, record.IsUnsynchronised);
                }
                else
                {
                    PayloadWriter.WriteJson(output, _measurements[0], id, record.IsBacklog, record.IsUnsynchronised);
                }

                break;
        }
    }

    private static UserProperty[] PropertiesOf(QueueRecord record, string id) => (record.IsBacklog, record.IsUnsynchronised) switch
    {
        (false, false) => [new UserProperty("id", id)],
        (true, false) => [new UserProperty("id", id), Backlog],
        (false, true) => [new UserProperty("id", id), Unsynchronised],
        _ => [new UserProperty("id", id), Backlog, Unsynchronised],
    };

    // As many topics as the maps have points, but a map's edit may bring new ones for ever: begun anew now and then. Null: what the disk
    // has made of the names is no Topic Name.
    private string? TopicOf(string device, string point)
    {
        if (_topics.TryGetValue((device, point), out var found))
        {
            return found;
        }

        if (_topics.Count >= 100_000)
        {
            _topics.Clear();
        }

        var rendered = _topic.Render(device, point);
        return _topics[(device, point)] = TopicName.IsValid(rendered) ? rendered : null;
    }
}
