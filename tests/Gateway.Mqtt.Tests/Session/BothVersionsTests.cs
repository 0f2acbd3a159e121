using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>What a client owes in 3.1.1 and in 5.0 alike.</summary>
public sealed class BothVersionsTests
{
    private const QualityOfService AtLeastOnce = QualityOfService.AtLeastOnce;
    private const QualityOfService ExactlyOnce = QualityOfService.ExactlyOnce;

    public static TheoryData<ProtocolVersion> Versions => [ProtocolVersion.V311, ProtocolVersion.V50];

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-3.1.0-1")]
    [Trait("Spec", "MQTT-4.3.1-1")]
    [Trait("Spec311", "MQTT-3.1.0-1")]
    [Trait("Spec311", "MQTT-2.3.1-5")]
    [Trait("Spec311", "MQTT-4.3.1-1")]
    public void Connect_comes_first_whatever_waits(ProtocolVersion version)
    {
        var talk = new SessionConversation(version);
        talk.Publish("early", QualityOfService.AtMostOnce);
        talk.Session.Connect(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c" }, talk.Now);
        Assert.Equal([$"Connect ProtocolVersion={version} ClientIdentifier=c"], talk.Sent);
        talk.Server(new ConnAckPacket { ReasonCode = ReasonCode.Success });
        Assert.Equal(["Publish Message={Topic=t Payload='early'}"], talk.Sent);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-4.3.2-1")]
    [Trait("Spec", "MQTT-4.3.2-2")]
    [Trait("Spec", "MQTT-4.3.2-3")]
    [Trait("Spec311", "MQTT-2.3.1-1")]
    [Trait("Spec311", "MQTT-2.3.1-2")]
    [Trait("Spec311", "MQTT-4.3.2-1")]
    public void A_QoS_1_message_has_an_identifier_of_its_own_until_puback(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Publish("a");
        talk.Publish("b");
        Assert.Equal(
            [
                "Publish Message={Topic=t Payload='a' QoS=AtLeastOnce} PacketIdentifier=1",
                "Publish Message={Topic=t Payload='b' QoS=AtLeastOnce} PacketIdentifier=2",
            ],
            talk.Sent);
        Assert.Empty(talk.Effects);
        talk.Server(new PubAckPacket { PacketIdentifier = 2 });
        Assert.Equal(["b Accepted Success"], talk.Effects);
        Assert.Equal(1, talk.Session.Outstanding);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-2.2.1-5")]
    [Trait("Spec", "MQTT-4.3.3-4")]
    [Trait("Spec", "MQTT-4.3.3-5")]
    [Trait("Spec", "MQTT-4.6.0-4")]
    [Trait("Spec311", "MQTT-2.3.1-6")]
    [Trait("Spec311", "MQTT-4.3.3-1")]
    [Trait("Spec311", "MQTT-4.6.0-4")]
    public void QoS_2_goes_its_four_steps_and_pubrel_follows_pubrec(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Publish("a", ExactlyOnce);
        talk.Publish("b", ExactlyOnce);
        Assert.Equal(
            [
                "Publish Message={Topic=t Payload='a' QoS=ExactlyOnce} PacketIdentifier=1",
                "Publish Message={Topic=t Payload='b' QoS=ExactlyOnce} PacketIdentifier=2",
            ],
            talk.Sent);
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        Assert.Equal(["PubRel PacketIdentifier=2", "PubRel PacketIdentifier=1"], talk.Sent);
        Assert.Empty(talk.Effects);
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        talk.Server(new PubCompPacket { PacketIdentifier = 2 });
        Assert.Equal(["a Accepted Success", "b Accepted Success"], talk.Effects);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-3.3.1-1")]
    [Trait("Spec", "MQTT-4.1.0-1")]
    [Trait("Spec", "MQTT-4.3.3-6")]
    [Trait("Spec", "MQTT-4.4.0-1")]
    [Trait("Spec", "MQTT-4.6.0-1")]
    [Trait("Spec311", "MQTT-2.3.1-3")]
    [Trait("Spec311", "MQTT-3.1.2-4")]
    [Trait("Spec311", "MQTT-3.3.1-1")]
    [Trait("Spec311", "MQTT-4.1.0-1")]
    [Trait("Spec311", "MQTT-4.3.3-1")]
    [Trait("Spec311", "MQTT-4.4.0-1")]
    [Trait("Spec311", "MQTT-4.6.0-1")]
    public void A_resumed_session_sends_again_in_order_with_dup_and_nothing_twice(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Publish("a");
        talk.Publish("b", ExactlyOnce);
        talk.Publish("c", ExactlyOnce);
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        _ = talk.Sent;

        // Nothing is sent again while the connection lasts.
        talk.Advance(30);
        Assert.Empty(talk.Sent);
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true);
        Assert.Equal(
            [
                "Publish Message={Topic=t Payload='a' QoS=AtLeastOnce} Duplicate PacketIdentifier=1",
                "PubRel PacketIdentifier=2",
                "Publish Message={Topic=t Payload='c' QoS=ExactlyOnce} Duplicate PacketIdentifier=3",
            ],
            talk.Sent);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-3.1.2-4")]
    [Trait("Spec311", "MQTT-3.1.2-6")]
    public void Clean_start_forgets_what_the_session_knew(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Deliver("in", ExactlyOnce, 7);
        talk.Finish("in");
        talk.Publish("out", ExactlyOnce);
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        _ = talk.Sent;
        _ = talk.Effects;
        talk.Session.ConnectionLost();
        talk.Open(cleanStart: true);

        // The server knows nothing: the message is a new one, and so is what comes under the identifier that was in use.
        Assert.Equal(["Publish Message={Topic=t Payload='out' QoS=ExactlyOnce} PacketIdentifier=1"], talk.Sent);
        talk.Deliver("new", ExactlyOnce, 7);
        Assert.Equal(["message t new"], talk.Effects);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-3.1.2-20")]
    [Trait("Spec311", "MQTT-3.1.2-23")]
    public void Pingreq_leaves_within_the_keep_alive(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        for (var ping = 0; ping < 3; ping++)
        {
            talk.Advance(59);
            Assert.Equal(["PingReq"], talk.Sent);
            talk.Server(new PingRespPacket());
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-4.1.0-1")]
    [Trait("Spec311", "MQTT-4.1.0-2")]
    public void What_is_in_flight_lasts_as_long_as_the_connection(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Publish("a", ExactlyOnce);
        talk.Deliver("in", ExactlyOnce, 7);
        talk.Finish("in");
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            talk.Advance(50);
            talk.Server(new PingRespPacket());
        }

        _ = talk.Sent;
        _ = talk.Effects;
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        talk.Deliver("in", ExactlyOnce, 7, duplicate: true);
        Assert.Equal(["PubRel PacketIdentifier=1", "PubRec PacketIdentifier=7"], talk.Sent);
        Assert.Empty(talk.Effects);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-3.3.4-1")]
    [Trait("Spec", "MQTT-4.5.0-2")]
    [Trait("Spec", "MQTT-4.6.0-2")]
    [Trait("Spec", "MQTT-4.6.0-3")]
    [Trait("Spec311", "MQTT-3.3.4-1")]
    [Trait("Spec311", "MQTT-4.5.0-2")]
    [Trait("Spec311", "MQTT-4.6.0-2")]
    [Trait("Spec311", "MQTT-4.6.0-3")]
    public void Every_message_is_acknowledged_in_its_turn(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Deliver("a", AtLeastOnce, 1);
        talk.Deliver("b", ExactlyOnce, 2);
        talk.Deliver("c", QualityOfService.AtMostOnce, 0);
        talk.Deliver("d", AtLeastOnce, 3);
        talk.Finish("d");
        talk.Finish("b");
        Assert.Empty(talk.Sent);
        talk.Finish("a");
        Assert.Equal(["PubAck PacketIdentifier=1", "PubRec PacketIdentifier=2", "PubAck PacketIdentifier=3"], talk.Sent);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-4.3.2-5")]
    [Trait("Spec311", "MQTT-4.3.2-2")]
    public void After_puback_the_same_identifier_is_a_new_message_whatever_dup_says(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Deliver("a", AtLeastOnce, 1);
        talk.Finish("a");
        talk.Deliver("b", AtLeastOnce, 1, duplicate: true);
        Assert.Equal(["message t a", "message t b"], talk.Effects);
        Assert.Equal(["PubAck PacketIdentifier=1"], talk.Sent);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Spec", "MQTT-4.3.3-10")]
    [Trait("Spec", "MQTT-4.3.3-11")]
    [Trait("Spec", "MQTT-4.3.3-12")]
    [Trait("Spec311", "MQTT-4.3.3-2")]
    public void QoS_2_is_received_once_until_it_is_released(ProtocolVersion version)
    {
        var talk = new SessionConversation(version).Open();
        talk.Deliver("a", ExactlyOnce, 1);
        talk.Finish("a");
        talk.Deliver("a", ExactlyOnce, 1, duplicate: true);
        talk.Server(new PubRelPacket { PacketIdentifier = 1 });
        Assert.Equal(["PubRec PacketIdentifier=1", "PubRec PacketIdentifier=1", "PubComp PacketIdentifier=1"], talk.Sent);
        talk.Deliver("b", ExactlyOnce, 1);
        Assert.Equal(["message t a", "message t b"], talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.3.3-7")]
    public void What_was_sent_does_not_expire()
    {
        var talk = new SessionConversation().Open();
        talk.Session.Publish(
            new(new ApplicationMessage { Topic = "t", QoS = ExactlyOnce, MessageExpiryInterval = 1 }, talk, 1), talk.Now);
        Assert.Equal(["Publish Message={Topic=t QoS=ExactlyOnce MessageExpiryInterval=1} PacketIdentifier=1"], talk.Sent);
        talk.Session.ConnectionLost();
        talk.Now += TimeSpan.FromHours(1);
        talk.Open(sessionPresent: true);
        Assert.Equal(["Publish Message={Topic=t QoS=ExactlyOnce MessageExpiryInterval=1} Duplicate PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.3.3-13")]
    public void QoS_2_goes_to_its_end_though_the_message_has_expired()
    {
        var talk = new SessionConversation().Open();
        talk.Server(new PublishPacket
        {
            Message = new ApplicationMessage { Topic = "t", Payload = "a"u8.ToArray(), QoS = ExactlyOnce, MessageExpiryInterval = 1 },
            PacketIdentifier = 1,
        });
        talk.Now += TimeSpan.FromSeconds(30);
        talk.Finish("a");
        talk.Server(new PubRelPacket { PacketIdentifier = 1 });
        Assert.Equal(["PubRec PacketIdentifier=1", "PubComp PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.4-6")]
    public void A_received_message_that_is_published_again_has_no_subscription_identifier()
    {
        var talk = new SessionConversation().Open();
        var received = new ApplicationMessage { Topic = "t", Payload = "x"u8.ToArray() };
        talk.Server(new PublishPacket { Message = received, SubscriptionIdentifiers = [1, 300] });
        Assert.Equal(["message t x"], talk.Effects);
        talk.Session.Publish(new(received, talk, 1), talk.Now);
        Assert.Equal(["Publish Message={Topic=t Payload='x'}"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.2.2-17")]
    [Trait("Spec", "MQTT-3.3.2-9")]
    public void No_topic_alias_is_above_the_servers_maximum()
    {
        var talk = new SessionConversation().Open(connAck: new ConnAckPacket { ReasonCode = ReasonCode.Success, TopicAliasMaximum = 1 });
        foreach (var topic in (string[])["one", "two", "one", "two", "three"])
        {
            talk.Session.Publish(new(new ApplicationMessage { Topic = topic }, talk, 1), talk.Now);
        }

        var sent = talk.Sent;
        Assert.Equal(5, sent.Count);
        Assert.All(sent, packet => Assert.True(
            !packet.Contains("TopicAlias", StringComparison.Ordinal) || packet.EndsWith("TopicAlias=1", StringComparison.Ordinal), packet));
    }
}
