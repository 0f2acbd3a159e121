using System.Buffers;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>The routing path: received PUBLISH to sent PUBLISH without records.</summary>
public sealed class PublishPathTests
{
    // The PUBLISH of mosquitto_pub in Vectors/packets.txt: properties with a Topic Alias last.
    private const string Captured =
        "333A0003612F6200013003000A746578742F706C61696E080003722F740900026964020000003C010126000161000131260001610001322300016869";

    [Fact]
    [Trait("Spec", "MQTT-3.3.2-7")]
    [Trait("Spec", "MQTT-3.3.2-4")]
    [Trait("Spec", "MQTT-3.3.2-15")]
    [Trait("Spec", "MQTT-3.3.2-16")]
    [Trait("Spec", "MQTT-3.3.2-17")]
    [Trait("Spec", "MQTT-3.3.2-18")]
    [Trait("Spec", "MQTT-3.3.2-20")]
    public void Forwarded_properties_are_the_received_ones_without_the_alias()
    {
        var view = View(Captured, ProtocolVersion.V50);
        Assert.Equal((ushort)1, view.TopicAlias);
        Assert.Equal(60u, view.MessageExpiryInterval);

        var forwarded = new byte[view.ForwardedPropertiesLength];
        var expiryAt = view.CopyForwardedProperties(forwarded);
        Assert.Equal(
            "03000A746578742F706C61696E080003722F740900026964020000003C01012600016100013126000161000132", Convert.ToHexString(forwarded));
        Assert.Equal("0000003C", Convert.ToHexString(forwarded, expiryAt, 4));
    }

    [Theory]
    [InlineData("300E0001610A23000102000000051F", "0200000005", 1)] // alias before expiry; the last byte is payload
    [InlineData("300E0001610A0200000005230001 1F", "0200000005", 1)]
    public void The_place_of_the_expiry_moves_with_the_alias(string hex, string expected, int expiryAt)
    {
        // Both packets carry eight bytes of properties; 0A would swallow the payload, so the length is set here.
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        bytes[1] = (byte)(bytes.Length - 2);
        bytes[5] = 8;
        var view = View(Convert.ToHexString(bytes), ProtocolVersion.V50);
        var forwarded = new byte[view.ForwardedPropertiesLength];
        Assert.Equal(expiryAt, view.CopyForwardedProperties(forwarded));
        Assert.Equal(expected, Convert.ToHexString(forwarded));
    }

    [Theory]
    [InlineData(ProtocolVersion.V50, QualityOfService.AtLeastOnce, false, "320F 0003612F62 1234 05 0200000009 6869")]
    [InlineData(ProtocolVersion.V50, QualityOfService.AtMostOnce, true, "310D 0003612F62 05 0200000009 6869")]
    [InlineData(ProtocolVersion.V311, QualityOfService.ExactlyOnce, true, "3509 0003612F62 1234 6869")]
    [InlineData(ProtocolVersion.V31, QualityOfService.AtMostOnce, false, "3007 0003612F62 6869")]
    public void One_encoding_serves_many_by_changing_a_few_bytes(ProtocolVersion version, QualityOfService qos, bool retain, string expected)
    {
        byte[] properties = [0x02, 0, 0, 0, 60];
        var shared = new byte[PublishWriter.Measure(version, qos, 3, properties.Length, 2)];
        var layout = PublishWriter.Write(shared, version, qos, retain, "a/b"u8, properties, "hi"u8);
        Assert.Equal(shared.Length, layout.Length);

        var copy = shared.ToArray();
        if (qos != QualityOfService.AtMostOnce)
        {
            layout.SetPacketIdentifier(copy, 0x1234);
        }

        if (version == ProtocolVersion.V50)
        {
            layout.SetMessageExpiry(copy, 1, 9);
        }

        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(copy));
        PublishLayout.SetDuplicate(copy);
        Assert.Equal(0x08, copy[0] & 0x08);
    }

    [Fact]
    public void Properties_of_a_message_are_encoded_for_sharing()
    {
        var output = new ArrayBufferWriter<byte>();
        var message = new ApplicationMessage { Topic = "t", MessageExpiryInterval = 1, UserProperties = [new("k", "v")] };
        Assert.Equal(12, PublishWriter.WriteProperties(message, output));
        Assert.Equal("02000000012600016B000176", Convert.ToHexString(output.WrittenSpan));
        Assert.Equal(0, PublishWriter.WriteProperties(new ApplicationMessage { Topic = "t" }, output));
    }

    [Fact]
    public void Reading_and_writing_allocates_nothing()
    {
        var received = Convert.FromHexString(Captured);
        var acknowledgement = new byte[] { 0x40, 0x02, 0x00, 0x01 };
        var sent = new byte[128];
        var properties = new byte[128];
        Forward(received, acknowledgement, sent, properties);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Forward(received, acknowledgement, sent, properties);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(PacketType.PubAck, ReasonCode.Success, ProtocolVersion.V50, "40021234")]
    [InlineData(PacketType.PubRec, ReasonCode.QuotaExceeded, ProtocolVersion.V50, "5003123497")]
    [InlineData(PacketType.PubRec, ReasonCode.QuotaExceeded, ProtocolVersion.V311, "50021234")]
    [InlineData(PacketType.PubRel, ReasonCode.Success, ProtocolVersion.V311, "62021234")]
    [InlineData(PacketType.PubComp, ReasonCode.PacketIdentifierNotFound, ProtocolVersion.V50, "7003123492")]
    public void Acknowledgements_take_the_shortest_form(PacketType type, ReasonCode reasonCode, ProtocolVersion version, string expected)
    {
        Span<byte> bytes = stackalloc byte[AcknowledgementView.MaximumLength];
        var length = AcknowledgementView.Write(bytes, type, 0x1234, reasonCode, version);
        Assert.Equal(expected, Convert.ToHexString(bytes[..length]));

        var reader = new PacketReader(bytes[..length], version);
        Assert.Equal(DecodeStatus.Complete, reader.Read(out var frame));
        Assert.True(AcknowledgementView.TryRead(frame, version, out var view, out _));
        Assert.Equal((ushort)0x1234, view.PacketIdentifier);
        Assert.Equal(version == ProtocolVersion.V50 ? reasonCode : ReasonCode.Success, view.ReasonCode);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.4.2-2")]
    [Trait("Spec", "MQTT-3.4.2-3")]
    [Trait("Spec", "MQTT-3.14.2-3")]
    [Trait("Spec", "MQTT-3.14.2-4")]
    [Trait("Spec", "MQTT-3.2.2-19")]
    [Trait("Spec", "MQTT-3.2.2-20")]
    [Trait("Spec", "MQTT-3.9.2-1")]
    [Trait("Spec", "MQTT-3.9.2-2")]
    public void Diagnostics_give_way_to_the_receivers_maximum_packet_size()
    {
        var packet = new PubAckPacket { PacketIdentifier = 1, ReasonString = "busy", UserProperties = [new("k", "v")] };
        Assert.Equal("4012000100" + "0E1F0004627573792600016B000176", Written(packet, 20));
        Assert.Equal("400B000100" + "071F000462757379", Written(packet, 19));
        Assert.Equal("40020001", Written(packet, 12));
        Assert.Null(Written(packet, 3));
    }

    [Theory]
    [InlineData(0xD800)]
    [InlineData(0x0000)]
    public void Text_that_is_no_mqtt_string_is_not_sent(int character)
    {
        var topic = $"a{(char)character}b";
        var packet = new PublishPacket { Message = new ApplicationMessage { Topic = topic } };
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<MqttException>(() => PacketCodec.TryWrite(packet, ProtocolVersion.V50, output));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void A_string_of_65536_bytes_is_not_sent()
    {
        var packet = new PublishPacket { Message = new ApplicationMessage { Topic = new string('a', 65_536) } };
        Assert.Throws<MqttException>(() => PacketCodec.TryWrite(packet, ProtocolVersion.V311, new ArrayBufferWriter<byte>()));
    }

    private static string? Written(MqttPacket packet, uint maximumPacketSize)
    {
        var output = new ArrayBufferWriter<byte>();
        return PacketCodec.TryWrite(packet, ProtocolVersion.V50, output, maximumPacketSize) ? Convert.ToHexString(output.WrittenSpan) : null;
    }

    private static void Forward(byte[] received, byte[] acknowledgement, byte[] sent, byte[] properties)
    {
        using var reader = new PacketReader(received, ProtocolVersion.V50);
        reader.Read(out var frame);
        PublishView.TryRead(frame, ProtocolVersion.V50, out var view, out _);
        view.CopyForwardedProperties(properties);
        PublishWriter.Write(
            sent, ProtocolVersion.V50, view.QoS, view.Retain, view.Topic, properties.AsSpan(0, view.ForwardedPropertiesLength), view.Payload, 7);

        using var acknowledgements = new PacketReader(acknowledgement, ProtocolVersion.V50);
        acknowledgements.Read(out frame);
        AcknowledgementView.TryRead(frame, ProtocolVersion.V50, out var ack, out _);
        AcknowledgementView.Write(sent, PacketType.PubAck, ack.PacketIdentifier, ack.ReasonCode, ProtocolVersion.V50);
    }

    private static PublishView View(string hex, ProtocolVersion version)
    {
        var reader = new PacketReader(Convert.FromHexString(hex), version);
        Assert.Equal(DecodeStatus.Complete, reader.Read(out var frame));
        Assert.True(PublishView.TryRead(frame, version, out var view, out var error), error.Message);
        return view;
    }
}
