using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>Messages from the server to the client.</summary>
public sealed class IncomingTests
{
    private const QualityOfService AtLeastOnce = QualityOfService.AtLeastOnce;
    private const QualityOfService ExactlyOnce = QualityOfService.ExactlyOnce;

    [Fact]
    [Trait("Spec", "MQTT-3.3.4-1")]
    [Trait("Spec", "MQTT-4.3.2-4")]
    [Trait("Spec", "MQTT-4.5.0-2")]
    [Trait("Spec", "MQTT-4.6.0-2")]
    [Trait("Spec", "MQTT-4.6.0-3")]
    public void Acknowledgements_leave_in_the_order_of_the_messages()
    {
        var talk = new SessionConversation().Open();
        talk.Deliver("a", AtLeastOnce, 1);
        talk.Deliver("b", ExactlyOnce, 2);
        talk.Deliver("c", QualityOfService.AtMostOnce, 0);
        talk.Deliver("d", AtLeastOnce, 3);
        Assert.Equal(["message t a", "message t b", "message t c", "message t d"], talk.Effects);
        talk.Finish("d");
        talk.Finish("b");
        talk.Finish("c");
        Assert.Empty(talk.Sent);
        talk.Finish("a");
        Assert.Equal(["PubAck PacketIdentifier=1", "PubRec PacketIdentifier=2", "PubAck PacketIdentifier=3"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.3.2-5")]
    public void QoS_1_after_its_acknowledgement_is_a_new_message()
    {
        var talk = new SessionConversation().Open();
        talk.Deliver("a", AtLeastOnce, 1);
        talk.Finish("a");
        talk.Deliver("b", AtLeastOnce, 1, duplicate: true);
        Assert.Equal(["message t a", "message t b"], talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.3.3-8")]
    [Trait("Spec", "MQTT-4.3.3-10")]
    [Trait("Spec", "MQTT-4.3.3-11")]
    [Trait("Spec", "MQTT-4.3.3-12")]
    public void QoS_2_is_delivered_once_until_it_is_released()
    {
        var talk = new SessionConversation().Open();
        talk.Deliver("a", ExactlyOnce, 1);
        talk.Finish("a");
        Assert.Equal(["PubRec PacketIdentifier=1"], talk.Sent);
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true);
        talk.Deliver("a", ExactlyOnce, 1, duplicate: true);
        Assert.Empty(talk.Effects);
        Assert.Equal(["PubRec PacketIdentifier=1"], talk.Sent);
        talk.Server(new PubRelPacket { PacketIdentifier = 1 });
        Assert.Equal(["PubComp PacketIdentifier=1"], talk.Sent);
        talk.Deliver("b", ExactlyOnce, 1);
        Assert.Equal(["message t b"], talk.Effects);
    }

    [Fact]
    public void QoS_2_that_the_application_still_holds_is_not_delivered_again_after_a_reconnect()
    {
        var talk = new SessionConversation().Open();
        talk.Deliver("a", ExactlyOnce, 1);
        _ = talk.Effects;
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true);
        talk.Deliver("a", ExactlyOnce, 1, duplicate: true);
        Assert.Empty(talk.Effects);
        Assert.Empty(talk.Sent);
        talk.Finish("a");
        Assert.Equal(["PubRec PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    public void QoS_1_of_an_earlier_connection_is_not_acknowledged_on_the_next()
    {
        var talk = new SessionConversation().Open();
        talk.Deliver("a", AtLeastOnce, 1);
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true);
        talk.Finish("a");
        Assert.Empty(talk.Sent);
        talk.Deliver("b", AtLeastOnce, 1, duplicate: true);
        talk.Finish("b");
        Assert.Equal(["PubAck PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    public void A_late_finish_does_not_touch_the_next_session()
    {
        var talk = new SessionConversation().Open();
        talk.Deliver("a", ExactlyOnce, 1);
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: false);
        talk.Deliver("b", ExactlyOnce, 1);
        talk.Finish("a");
        Assert.Empty(talk.Sent);
        talk.Finish("b");
        Assert.Equal(["PubRec PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.3.3-9")]
    public void QoS_2_that_was_refused_is_forgotten()
    {
        var talk = new SessionConversation().Open();
        talk.Deliver("a", ExactlyOnce, 1);
        talk.Finish("a", ReasonCode.NotAuthorized);
        Assert.Equal(["PubRec PacketIdentifier=1 ReasonCode=87"], talk.Sent);
        talk.Deliver("b", ExactlyOnce, 1);
        Assert.Equal(["message t a", "message t b"], talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.4-9")]
    public void More_messages_than_receive_maximum_end_the_connection()
    {
        var connect = new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c", ReceiveMaximum = 2 };
        var talk = new SessionConversation().Open(connect: connect);
        talk.Deliver("a", AtLeastOnce, 1);
        talk.Deliver("b", ExactlyOnce, 2);
        talk.Finish("a");
        talk.Deliver("c", AtLeastOnce, 3);
        Assert.Equal(["PubAck PacketIdentifier=1"], talk.Sent);
        talk.Deliver("d", AtLeastOnce, 4);
        Assert.Equal(["Disconnect ReasonCode=93"], talk.Sent);
        Assert.Equal("ended ReceiveMaximumExceeded: The server broke the protocol: Receive Maximum is exceeded.", talk.Effects[^1]);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.2-7")]
    [Trait("Spec", "MQTT-3.3.2-10")]
    public void Topic_aliases_last_as_long_as_their_connection()
    {
        var connect = new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c", TopicAliasMaximum = 2 };
        var talk = new SessionConversation().Open(connect: connect);
        talk.Server(Aliased("some/topic", 2));
        talk.Server(Aliased("", 2));
        Assert.Equal(["message some/topic x", "message some/topic x"], talk.Effects);
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true, connect: connect);
        talk.Server(Aliased("", 2));
        Assert.Equal(["Disconnect ReasonCode=82"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.2-11")]
    [Trait("Spec", "MQTT-3.1.2-26")]
    [Trait("Spec", "MQTT-3.1.2-27")]
    public void A_topic_alias_above_the_maximum_ends_the_connection()
    {
        var talk = new SessionConversation().Open();
        talk.Server(Aliased("t", 1));
        Assert.Equal(["Disconnect ReasonCode=94"], talk.Sent);
    }

    private static PublishPacket Aliased(string topic, ushort alias) =>
        new() { Message = new ApplicationMessage { Topic = topic, Payload = "x"u8.ToArray() }, TopicAlias = alias };
}
