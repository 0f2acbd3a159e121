using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Tests.Bridging;

public class BridgeRecordTests
{
    private static readonly DateTimeOffset Queued = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);

    [Theory]
    [InlineData(QualityOfService.AtMostOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public void Whatever_a_message_carries_survives(QualityOfService qos)
    {
        var sent = new ApplicationMessage
        {
            Topic = "a/b",
            Payload = "payload"u8.ToArray(),
            QoS = qos,
            Retain = true,
            PayloadFormatIndicator = PayloadFormat.Utf8,
            ContentType = "text/plain",
            ResponseTopic = "a/answer",
            CorrelationData = "\0\u0001"u8.ToArray(),
            UserProperties = [new("b", "2"), new("a", "1"), new("b", "3")],
        };
        var read = BridgeRecord.Decode(Record(sent), TimeSpan.FromDays(20), out var hasExpired)!;
        Assert.False(hasExpired);
        Assert.Equal(sent.UserProperties, read.UserProperties);
        Assert.Equal(sent.Payload.ToArray(), read.Payload.ToArray());
        Assert.Equal(sent.CorrelationData.Value.ToArray(), read.CorrelationData!.Value.ToArray());
        Assert.Equal(Plain(sent), Plain(read));

        static ApplicationMessage Plain(ApplicationMessage message) => message with { Payload = default, CorrelationData = null, UserProperties = [] };
    }

    [Theory]
    [InlineData(0, 60u)]
    [InlineData(0.4, 60u)]
    [InlineData(20.2, 40u)]
    [InlineData(59.9, 1u)]
    [InlineData(60, null)]
    [InlineData(100_000, null)]
    // The clock was set back.
    [InlineData(-3600, 60u)]
    public void The_expiry_interval_is_what_is_left_of_it(double waited, uint? left)
    {
        var record = Record(new ApplicationMessage { Topic = "t", MessageExpiryInterval = 60 });
        var read = BridgeRecord.Decode(record, TimeSpan.FromSeconds(waited), out var hasExpired);
        Assert.Equal((left, left is null), (read?.MessageExpiryInterval, hasExpired));
    }

    [Fact]
    public void What_is_no_message_is_told_from_one_that_expired()
    {
        var record = Record(new ApplicationMessage { Topic = "t" }) with { Body = new byte[] { 0x30, 0x7F, 0x00 } };
        Assert.Null(BridgeRecord.Decode(record, TimeSpan.Zero, out var hasExpired));
        Assert.False(hasExpired);
    }

    private static QueueRecord Record(ApplicationMessage message) => new()
    {
        Position = 1,
        Boot = 1,
        Sequence = 1,
        Time = Queued,
        Device = "a/#",
        Point = "",
        Body = BridgeRecord.Encode(message),
    };
}
