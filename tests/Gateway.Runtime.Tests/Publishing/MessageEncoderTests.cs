using System.Buffers;
using Gateway.Abstractions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>What a message says beside its payload.</summary>
public class MessageEncoderTests
{
    [Theory]
    [InlineData(PayloadStyle.Json, false, false, "id=plant1-17-000123")]
    [InlineData(PayloadStyle.Json, true, false, "id=plant1-17-000123 backlog=true")]
    [InlineData(PayloadStyle.Value, false, true, "id=plant1-17-000123 clock=unsynchronised")]
    [InlineData(PayloadStyle.Json, true, true, "id=plant1-17-000123 backlog=true clock=unsynchronised")]
    public void User_properties_tell_key_and_marks(PayloadStyle style, bool isBacklog, bool isUnsynchronised, string expected)
    {
        var body = new ArrayBufferWriter<byte>();
        var time = new DateTimeOffset(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);
        MeasurementCodec.WriteHeader(body);
        MeasurementCodec.Write(body, new Measurement("boiler", "flow", PointValue.From(21.5m), time, Quality.Good, null, null));
        var encoder = new MessageEncoder("plant1", new PublishOptions { Topic = "{site}/{device}/{point}", Format = style }, QualityOfService.AtLeastOnce);
        var message = encoder.Encode(new QueueRecord
        {
            Position = 1,
            Boot = 17,
            Sequence = 123,
            Time = time,
            Device = "boiler",
            Point = "flow",
            Body = body.WrittenMemory,
            IsBacklog = isBacklog,
            IsUnsynchronised = isUnsynchronised,
        })!;

        Assert.Equal(expected, string.Join(' ', message.UserProperties.Select(property => $"{property.Name}={property.Value}")));
    }
}
