using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>Random packets survive encoding, any split, and decoding.</summary>
public sealed class PacketRoundTripTests
{
    private static readonly Gen<string> Text =
        Gen.Elements("", "a", "sensor", "ü", "温度", "🌡", "a/b", new string('x', 200)).Select(s => s);

    private static readonly Gen<string> Topic = Gen.Elements("a", "a/b", "/", "x//y", "温度/1", new string('t', 300));

    private static readonly Gen<byte[]> Bytes = Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf();

    private static readonly Gen<ushort> Identifier = Gen.Choose(1, 65_535).Select(i => (ushort)i);

    private static readonly Gen<QualityOfService> QoS = Gen.Elements(Enum.GetValues<QualityOfService>());

    private static readonly Gen<bool> Flag = Gen.Elements(true, false);

    private static readonly Gen<IReadOnlyList<UserProperty>> UserProperties =
        (from name in Text from value in Text select new UserProperty(name, value)).ListOf().Select(l => (IReadOnlyList<UserProperty>)[.. l.Take(4)]);

    private static readonly Gen<ApplicationMessage> Message =
        from topic in Topic
        from payload in Bytes
        from qos in QoS
        from retain in Flag
        from expiry in Gen.Elements<uint?>(null, 0, 1, uint.MaxValue)
        from contentType in Optional(Text)
        from responseTopic in Optional(Topic)
        from correlation in Bytes
        from properties in UserProperties
        select new ApplicationMessage
        {
            Topic = topic,
            Payload = payload,
            QoS = qos,
            Retain = retain,
            MessageExpiryInterval = expiry,
            ContentType = contentType,
            ResponseTopic = responseTopic,
            CorrelationData = correlation.Length == 0 ? null : correlation,
            UserProperties = properties,
        };

    private static readonly Gen<MqttPacket> Packet = Gen.OneOf(
        from message in Message
        from identifier in Identifier
        from duplicate in Flag
        from alias in Gen.Elements<ushort?>(null, 1, 65_535)
        from subscriptions in Gen.Elements<uint>(1, 127, 128, 268_435_455).ListOf()
        select (MqttPacket)new PublishPacket
        {
            Message = message,
            TopicAlias = alias,
            SubscriptionIdentifiers = [.. subscriptions.Take(3)],
            PacketIdentifier = message.QoS == 0 ? (ushort)0 : identifier,
            Duplicate = message.QoS != 0 && duplicate,
        },
        from clientIdentifier in Text
        from clean in Flag
        from keepAlive in Gen.Choose(0, 65_535)
        from will in Message
        from hasWill in Flag
        from userName in Optional(Text)
        from password in Bytes
        from expiry in Gen.Elements(0u, 1u, uint.MaxValue)
        from receiveMaximum in Identifier
        from size in Gen.Elements<uint?>(null, 1, uint.MaxValue)
        from method in Optional(Text)
        from properties in UserProperties
        select (MqttPacket)new ConnectPacket
        {
            ProtocolVersion = ProtocolVersion.V50,
            ClientIdentifier = clientIdentifier,
            CleanStart = clean,
            KeepAlive = (ushort)keepAlive,
            Will = hasWill ? new WillMessage { Message = will, WillDelayInterval = expiry } : null,
            UserName = userName,
            Password = password.Length == 0 ? null : password,
            SessionExpiryInterval = expiry,
            ReceiveMaximum = receiveMaximum,
            MaximumPacketSize = size,
            AuthenticationMethod = method,
            UserProperties = properties,
        },
        from identifier in Identifier
        from reason in Gen.Elements(ReasonCode.Success, ReasonCode.QuotaExceeded)
        from text in Optional(Text)
        from properties in UserProperties
        select (MqttPacket)new PubRecPacket { PacketIdentifier = identifier, ReasonCode = reason, ReasonString = text, UserProperties = properties },
        from identifier in Identifier
        from filters in Gen.Elements("#", "+/a/#", "$share/g/+", "a//b").NonEmptyListOf()
        from qos in QoS
        from handling in Gen.Elements(Enum.GetValues<RetainHandling>())
        from published in Flag
        from subscription in Gen.Elements<uint?>(null, 1, 268_435_455)
        select (MqttPacket)new SubscribePacket
        {
            PacketIdentifier = identifier,
            SubscriptionIdentifier = subscription,
            Subscriptions = [.. filters.Select(f => new Subscription
            {
                TopicFilter = f, MaximumQoS = qos, RetainHandling = handling, RetainAsPublished = published,
            })],
        });

    [Fact]
    public void What_is_written_is_read()
    {
        Prop.ForAll(Packet.ToArbitrary(), Gen.Choose(0, 10_000).ToArbitrary(), (packet, cut) =>
        {
            var output = new ArrayBufferWriter<byte>();
            Assert.True(PacketCodec.TryWrite(packet, ProtocolVersion.V50, output));
            using var reader = new PacketReader(
                Segments.Cut(output.WrittenMemory, cut % output.WrittenCount), ProtocolVersion.V50);
            Assert.Equal(DecodeStatus.Complete, reader.Read(out var frame));
            Assert.True(PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var again, out var error), error.Message);
            Assert.Equal(PacketText.Of(packet), PacketText.Of(again));
        }).QuickCheckThrowOnFailure();
    }

    private static Gen<string?> Optional(Gen<string> text) => Gen.OneOf(Gen.Constant<string?>(null), text.Select(t => (string?)t));
}
