using System.Buffers;
using Gateway.Abstractions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;
using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>What the gateway gives its own broker.</summary>
public sealed class LocalPublisherTests
{
    [Fact]
    public async Task What_was_read_of_a_point_that_is_gone_and_accepted_after_that_is_not_kept_for_those_who_come_later()
    {
        var publish = new PublishOptions { Topic = "{site}/{device}/{point}" }.AtLocalBroker();
        await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")], AllowAnonymous = true });
        await broker.StartAsync(CancellationToken.None);
        var publisher = new LocalPublisher(broker, new MessageEncoder("plant1", publish, QualityOfService.AtLeastOnce), new OwnTopics("plant1", publish));
        string Retained() => string.Join(' ', broker.FindRetained("#").Select(message => message.Topic).Order(StringComparer.Ordinal));

        publisher.Set([Points.Bus(Points.Device("boiler", Points.Point("flow"), Points.Point("level")))]);
        publisher.Accepted(Record("flow"));
        publisher.Accepted(Record("level"));
        await Eventually.TrueAsync(() => Retained() == "plant1/boiler/flow plant1/boiler/level");

        // With max-loss: none the disk may take it only now.
        publisher.Set([Points.Bus(Points.Device("boiler", Points.Point("flow")))]);
        await broker.PublishAsync(new ApplicationMessage { Topic = "plant1/boiler/level", Retain = true });
        publisher.Accepted(Record("level"));
        await broker.PublishAsync(new ApplicationMessage { Topic = "last", Payload = "x"u8.ToArray(), Retain = true });
        await Eventually.TrueAsync(() => Retained().StartsWith("last", StringComparison.Ordinal));
        Assert.Equal("last plant1/boiler/flow", Retained());
    }

    private static QueueRecord Record(string point)
    {
        var body = new ArrayBufferWriter<byte>();
        var time = new DateTimeOffset(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);
        MeasurementCodec.WriteHeader(body);
        MeasurementCodec.Write(body, new Measurement("boiler", point, PointValue.From(21.5m), time, Quality.Good, null, null));
        return new QueueRecord { Position = 1, Boot = 1, Sequence = 1, Time = time, Device = "boiler", Point = point, Body = body.WrittenMemory };
    }
}
