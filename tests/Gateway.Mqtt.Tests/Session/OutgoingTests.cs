using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>Messages from the client to the server.</summary>
public sealed class OutgoingTests
{
    private const QualityOfService ExactlyOnce = QualityOfService.ExactlyOnce;

    [Fact]
    [Trait("Spec", "MQTT-3.1.0-1")]
    [Trait("Spec", "MQTT-2.2.1-2")]
    [Trait("Spec311", "MQTT-2.3.1-5")]
    [Trait("Spec", "MQTT-4.3.1-1")]
    public void Nothing_is_sent_before_connack_and_what_waited_then()
    {
        var talk = new SessionConversation();
        talk.Publish("early", QualityOfService.AtMostOnce);
        talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, talk.Now);
        Assert.Equal(["Connect ProtocolVersion=V50 ClientIdentifier=c"], talk.Sent);
        talk.Server(new ConnAckPacket { ReasonCode = ReasonCode.Success });
        Assert.Equal(["Publish Message={Topic=t Payload='early'}"], talk.Sent);
        Assert.Equal(["connected", "written early"], talk.Effects);
    }

    [Fact]
    public void Identifiers_of_an_earlier_process_are_released_before_they_are_used()
    {
        var talk = new SessionConversation(maximumInFlight: 2);
        talk.Publish("a", ExactlyOnce);
        talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, talk.Now);
        Assert.Single(talk.Sent);
        talk.Server(new ConnAckPacket { ReasonCode = ReasonCode.Success, SessionPresent = true });
        Assert.Equal(["PubRel PacketIdentifier=1", "PubRel PacketIdentifier=2"], talk.Sent);
        talk.Server(new PubCompPacket { PacketIdentifier = 1, ReasonCode = ReasonCode.PacketIdentifierNotFound });
        Assert.Equal(["Publish Message={Topic=t Payload='a' QoS=ExactlyOnce} PacketIdentifier=1"], talk.Sent);
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Contains("a Accepted Success", talk.Effects);
    }

    [Fact]
    public void Identifiers_of_an_earlier_process_are_forgotten_with_the_session()
    {
        var talk = new SessionConversation(maximumInFlight: 2).Open(sessionPresent: true);
        Assert.Equal(["PubRel PacketIdentifier=1", "PubRel PacketIdentifier=2"], talk.Sent);
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: false);
        Assert.Empty(talk.Sent);
        talk.Publish("a");
        Assert.Equal(["Publish Message={Topic=t Payload='a' QoS=AtLeastOnce} PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-2.2.1-3")]
    [Trait("Spec311", "MQTT-2.3.1-2")]
    [Trait("Spec", "MQTT-4.3.2-1")]
    [Trait("Spec", "MQTT-4.3.2-2")]
    [Trait("Spec", "MQTT-4.3.2-3")]
    public void QoS_1_ends_with_puback()
    {
        var talk = new SessionConversation().Open();
        talk.Publish("a");
        Assert.Equal(["Publish Message={Topic=t Payload='a' QoS=AtLeastOnce} PacketIdentifier=1"], talk.Sent);
        Assert.Empty(talk.Effects);
        talk.Server(new PubAckPacket { PacketIdentifier = 1, ReasonCode = ReasonCode.NoMatchingSubscribers });
        Assert.Equal(["a Accepted NoMatchingSubscribers"], talk.Effects);

        // A late copy of the acknowledgement changes nothing.
        talk.Server(new PubAckPacket { PacketIdentifier = 1 });
        Assert.Empty(talk.Effects);
        Assert.Empty(talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-2.2.1-5")]
    [Trait("Spec311", "MQTT-2.3.1-6")]
    [Trait("Spec", "MQTT-4.3.3-1")]
    [Trait("Spec", "MQTT-4.3.3-2")]
    [Trait("Spec", "MQTT-4.3.3-3")]
    [Trait("Spec", "MQTT-4.3.3-4")]
    [Trait("Spec", "MQTT-4.3.3-5")]
    public void QoS_2_ends_with_pubcomp()
    {
        var talk = new SessionConversation().Open();
        talk.Publish("a", ExactlyOnce);
        Assert.Equal(["Publish Message={Topic=t Payload='a' QoS=ExactlyOnce} PacketIdentifier=1"], talk.Sent);
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        Assert.Equal(["PubRel PacketIdentifier=1"], talk.Sent);
        Assert.Empty(talk.Effects);
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Equal(["a Accepted Success"], talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.4.0-2")]
    [Trait("Spec", "MQTT-4.3.3-4")]
    public void A_refusal_ends_a_delivery_and_is_not_repeated()
    {
        var talk = new SessionConversation().Open();
        talk.Publish("a");
        talk.Publish("b", ExactlyOnce);
        _ = talk.Sent;
        talk.Server(new PubAckPacket { PacketIdentifier = 1, ReasonCode = ReasonCode.NotAuthorized });
        talk.Server(new PubRecPacket { PacketIdentifier = 2, ReasonCode = ReasonCode.QuotaExceeded });
        Assert.Equal(["a Refused NotAuthorized", "b Refused QuotaExceeded"], talk.Effects);
        Assert.Empty(talk.Sent);
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true);
        Assert.Empty(talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.4-7")]
    [Trait("Spec", "MQTT-3.3.4-8")]
    [Trait("Spec", "MQTT-4.9.0-1")]
    [Trait("Spec", "MQTT-4.9.0-2")]
    [Trait("Spec", "MQTT-4.9.0-3")]
    public void The_servers_receive_maximum_holds_messages_back_and_nothing_else()
    {
        var talk = new SessionConversation().Open(connAck: new ConnAckPacket { ReasonCode = ReasonCode.Success, ReceiveMaximum = 2 });
        foreach (var name in "abc")
        {
            talk.Publish($"{name}");
        }

        Assert.Equal(2, talk.Sent.Count);
        Assert.True(talk.Session.TrySubscribe([new Subscription { TopicFilter = "x" }], null, "request", talk.Now));
        talk.Deliver("in", QualityOfService.AtLeastOnce, 9);
        talk.Finish("in");
        Assert.Equal(["Subscribe PacketIdentifier=11 Subscriptions=[{TopicFilter=x}]", "PubAck PacketIdentifier=9"], talk.Sent);
        talk.Server(new PubAckPacket { PacketIdentifier = 1 });
        Assert.Equal(["Publish Message={Topic=t Payload='c' QoS=AtLeastOnce} PacketIdentifier=3"], talk.Sent);
    }

    [Fact]
    public void A_full_output_holds_messages_back_until_it_is_written()
    {
        var talk = new SessionConversation().Open();
        talk.IsOutputFull = true;
        talk.Publish("a", QualityOfService.AtMostOnce);
        Assert.Empty(talk.Sent);
        talk.IsOutputFull = false;
        talk.Session.Pump(talk.Now);
        Assert.Single(talk.Sent);
    }

    [Fact]
    [Trait("Spec311", "MQTT-2.3.1-3")]
    [Trait("Spec", "MQTT-3.3.1-1")]
    [Trait("Spec", "MQTT-4.3.3-6")]
    [Trait("Spec", "MQTT-4.4.0-1")]
    [Trait("Spec", "MQTT-4.6.0-1")]
    public void A_resumed_session_sends_again_in_order_with_dup_and_the_same_identifiers()
    {
        var talk = new SessionConversation().Open();
        talk.Publish("a");
        talk.Publish("b", ExactlyOnce);
        talk.Publish("c", ExactlyOnce);
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        _ = talk.Sent;
        talk.Session.ConnectionLost();
        talk.Publish("d");
        talk.Open(sessionPresent: true);
        Assert.Equal(
            [
                "Publish Message={Topic=t Payload='a' QoS=AtLeastOnce} Duplicate PacketIdentifier=1",
                "PubRel PacketIdentifier=2",
                "Publish Message={Topic=t Payload='c' QoS=ExactlyOnce} Duplicate PacketIdentifier=3",
                "Publish Message={Topic=t Payload='d' QoS=AtLeastOnce} PacketIdentifier=4",
            ],
            talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.2.2-5")]
    [Trait("Spec", "MQTT-3.3.1-3")]
    public void A_lost_session_makes_new_messages_of_the_old_ones()
    {
        var talk = new SessionConversation().Open();
        talk.Publish("a");
        talk.Publish("b", ExactlyOnce);
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        _ = talk.Sent;
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: false);
        Assert.Equal(
            [
                "Publish Message={Topic=t Payload='a' QoS=AtLeastOnce} PacketIdentifier=1",
                "Publish Message={Topic=t Payload='b' QoS=ExactlyOnce} PacketIdentifier=2",
            ],
            talk.Sent);
    }

    [Fact]
    public void Before_3_1_1_a_session_that_was_asked_for_counts_as_resumed()
    {
        var talk = new SessionConversation(ProtocolVersion.V31).Open(cleanStart: true);
        talk.Publish("a");
        _ = talk.Sent;
        talk.Session.ConnectionLost();
        talk.Open();
        Assert.Equal(["Publish Message={Topic=t Payload='a' QoS=AtLeastOnce} Duplicate PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    public void Before_3_1_1_identifiers_of_an_earlier_process_are_released_though_nobody_says_that_there_are_any()
    {
        var talk = new SessionConversation(ProtocolVersion.V31, maximumInFlight: 2).Open();
        talk.Publish("new", ExactlyOnce);
        Assert.Equal(["PubRel PacketIdentifier=1", "PubRel PacketIdentifier=2"], talk.Sent);
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Equal(["Publish Message={Topic=t Payload='new' QoS=ExactlyOnce} PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-4.9.0-2")]
    public void Sending_again_respects_a_window_that_has_become_smaller()
    {
        var talk = new SessionConversation().Open();
        foreach (var name in "abcd")
        {
            talk.Publish($"{name}");
        }

        _ = talk.Sent;
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true, connAck: new ConnAckPacket { ReasonCode = ReasonCode.Success, ReceiveMaximum = 3 });
        Assert.Equal(3, talk.Sent.Count);
        talk.Publish("e");
        Assert.Empty(talk.Sent);
        talk.Server(new PubAckPacket { PacketIdentifier = 1 });
        Assert.Equal(["Publish Message={Topic=t Payload='d' QoS=AtLeastOnce} Duplicate PacketIdentifier=4"], talk.Sent);
        talk.Server(new PubAckPacket { PacketIdentifier = 2 });
        Assert.Equal(["Publish Message={Topic=t Payload='e' QoS=AtLeastOnce} PacketIdentifier=5"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.4-7")]
    [Trait("Spec", "MQTT-4.9.0-2")]
    public void What_ends_and_was_not_sent_over_this_connection_makes_no_room_for_more_than_the_server_takes()
    {
        // Identifiers of an earlier process, whose PUBCOMP come while new messages are under way.
        var talk = new SessionConversation(maximumInFlight: 5).Open(sessionPresent: true, connAck: new ConnAckPacket { ReasonCode = ReasonCode.Success, ReceiveMaximum = 2 });
        foreach (var name in "abcd")
        {
            talk.Publish($"{name}", ExactlyOnce);
        }

        _ = talk.Sent;
        for (ushort identifier = 1; identifier <= 5; identifier++)
        {
            talk.Server(new PubCompPacket { PacketIdentifier = identifier });
        }

        Assert.Equal(["a", "b"], Payloads(talk));

        // The same of a PUBREL that is sent again.
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        talk.Session.ConnectionLost();
        _ = talk.Sent;
        talk.Open(sessionPresent: true, connAck: new ConnAckPacket { ReasonCode = ReasonCode.Success, ReceiveMaximum = 2 });
        Assert.Equal(["b", "c"], Payloads(talk));
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Empty(Payloads(talk));
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        talk.Server(new PubCompPacket { PacketIdentifier = 2 });
        Assert.Equal(["d"], Payloads(talk));

        static IEnumerable<string> Payloads(SessionConversation talk) =>
            talk.SentPackets.OfType<PublishPacket>().Select(publish => System.Text.Encoding.UTF8.GetString(publish.Message.Payload.Span));
    }

    [Fact]
    [Trait("Spec", "MQTT-4.6.0-4")]
    public void Pubrel_follows_the_order_of_pubrec()
    {
        var talk = new SessionConversation().Open();
        talk.Publish("a", ExactlyOnce);
        talk.Publish("b", ExactlyOnce);
        _ = talk.Sent;
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        Assert.Equal(["PubRel PacketIdentifier=2", "PubRel PacketIdentifier=1"], talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.2.2-11")]
    [Trait("Spec", "MQTT-3.2.2-14")]
    [Trait("Spec", "MQTT-3.2.2-15")]
    [Trait("Spec", "MQTT-3.2.2-18")]
    public void The_servers_limits_refuse_a_message_before_it_is_sent()
    {
        var talk = new SessionConversation().Open(connAck: new ConnAckPacket
        {
            ReasonCode = ReasonCode.Success,
            MaximumQoS = QualityOfService.AtLeastOnce,
            RetainAvailable = false,
            MaximumPacketSize = 30,
        });
        talk.Publish("a", ExactlyOnce);
        talk.Publish("b", retain: true);
        talk.Publish(new string('c', 40));
        talk.Publish("d");
        Assert.Equal(["a Refused QoSNotSupported", "b Refused RetainNotSupported", $"{new string('c', 40)} Refused PacketTooLarge"], talk.Effects);
        Assert.Equal(["Publish Message={Topic=t Payload='d' QoS=AtLeastOnce} PacketIdentifier=4"], talk.Sent);
    }

    [Fact]
    public void Identifiers_are_taken_again_in_turn()
    {
        var talk = new SessionConversation(maximumInFlight: 3).Open();
        for (ushort i = 0; i < 7; i++)
        {
            talk.Publish($"{i}");
            var identifier = (ushort)((i % 3) + 1);
            Assert.Equal([$"Publish Message={{Topic=t Payload='{i}' QoS=AtLeastOnce}} PacketIdentifier={identifier}"], talk.Sent);
            talk.Server(new PubAckPacket { PacketIdentifier = identifier });
        }
    }

    [Fact]
    public void What_is_abandoned_keeps_its_identifier_until_the_server_lets_go()
    {
        var talk = new SessionConversation(maximumInFlight: 1).Open();
        talk.Publish("a", ExactlyOnce);
        talk.Publish("b", ExactlyOnce);
        _ = talk.Sent;
        talk.Session.Abandon();
        Assert.Equal(["a Abandoned UnspecifiedError", "b Abandoned UnspecifiedError"], talk.Effects);
        talk.Session.ConnectionLost();
        talk.Publish("c", ExactlyOnce);
        talk.Open(sessionPresent: true);
        Assert.Equal(["Publish Message={Topic=t Payload='a' QoS=ExactlyOnce} Duplicate PacketIdentifier=1"], talk.Sent);
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Equal(["a Accepted Success unheard"], talk.Effects);
        Assert.Equal("Publish Message={Topic=t Payload='c' QoS=ExactlyOnce} PacketIdentifier=1", talk.Sent[^1]);
    }

    [Fact]
    public void What_the_store_has_not_kept_does_not_leave_and_what_it_has_not_forgotten_is_not_released()
    {
        var talk = new SessionConversation().Open();
        talk.IsStoring = true;
        talk.Publish("a", ExactlyOnce);
        talk.Publish("b", ExactlyOnce);
        talk.Publish("c", QualityOfService.AtMostOnce);
        Assert.Equal(["keep 1", "keep 2"], talk.Effects);
        Assert.Empty(talk.Sent);

        talk.Session.Stored([2], talk.Now);
        Assert.Empty(talk.Sent);
        talk.Session.Stored([1], talk.Now);
        Assert.Equal(
            [
                "Publish Message={Topic=t Payload='a' QoS=ExactlyOnce} PacketIdentifier=1", "Publish Message={Topic=t Payload='b' QoS=ExactlyOnce} PacketIdentifier=2",
                "Publish Message={Topic=t Payload='c'}",
            ],
            talk.Sent);
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        Assert.Equal(["written c", "forget 1"], talk.Effects);
        Assert.Empty(talk.Sent);

        // A connection comes and goes meanwhile.
        talk.Session.ConnectionLost();
        talk.Open(sessionPresent: true);
        Assert.Equal(["Publish Message={Topic=t Payload='b' QoS=ExactlyOnce} Duplicate PacketIdentifier=2"], talk.Sent);

        // In the order of PUBREC, whichever is forgotten first.
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        talk.Session.Stored([2], talk.Now);
        Assert.Empty(talk.Sent);
        talk.Session.Stored([1], talk.Now);
        Assert.Equal(["PubRel PacketIdentifier=1", "PubRel PacketIdentifier=2"], talk.Sent);
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Equal(["forget 2", "a Accepted Success"], talk.Effects);
    }

    [Theory]
    [InlineData(true, "Duplicate PacketIdentifier=2", "PubRel PacketIdentifier=2", "PubRel PacketIdentifier=3", "PubRel PacketIdentifier=1")]
    [InlineData(false, "PacketIdentifier=2", "PubRel PacketIdentifier=2", "Publish Message={Topic=t Payload='new' QoS=ExactlyOnce} PacketIdentifier=3")]
    public void What_an_earlier_process_sent_is_sent_again_under_its_identifier_before_the_others_are_released(bool hasSession, string sent, params string[] then)
    {
        var talk = new SessionConversation(maximumInFlight: 3);
        var old = new ApplicationMessage { Topic = "t", Payload = "old"u8.ToArray(), QoS = ExactlyOnce };
        Assert.True(talk.Session.TryRestore(2, new OutgoingPublish(old, talk, 0), hasArrived: false));
        Assert.False(talk.Session.TryRestore(2, new OutgoingPublish(old, talk, 0), hasArrived: false));
        Assert.False(talk.Session.TryRestore(4, new OutgoingPublish(old, talk, 0), hasArrived: false));
        talk.Open(sessionPresent: hasSession);
        Assert.Equal([$"Publish Message={{Topic=t Payload='old' QoS=ExactlyOnce}} {sent}"], talk.Sent);
        talk.Server(new PubRecPacket { PacketIdentifier = 2 });
        talk.Publish("new", ExactlyOnce);
        Assert.Equal(then, talk.Sent);
        talk.Server(new PubCompPacket { PacketIdentifier = 2 });
        Assert.Equal(["old Accepted Success"], talk.Effects);
    }

    [Fact]
    public void What_had_arrived_before_the_process_ended_is_released_and_not_sent()
    {
        var talk = new SessionConversation(maximumInFlight: 1) { IsStoring = true };
        var old = new ApplicationMessage { Topic = "t", Payload = "old"u8.ToArray(), QoS = ExactlyOnce };
        Assert.True(talk.Session.TryRestore(1, new OutgoingPublish(old, talk, 0), hasArrived: true));
        talk.Open(sessionPresent: true);
        Assert.Equal(["PubRel PacketIdentifier=1"], talk.Sent);
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Equal(["old Accepted Success"], talk.Effects);
    }

    [Fact]
    public void What_had_arrived_in_a_session_that_is_gone_is_sent_anew_once_the_store_has_that()
    {
        var talk = new SessionConversation(maximumInFlight: 1) { IsStoring = true };
        var old = new ApplicationMessage { Topic = "t", Payload = "old"u8.ToArray(), QoS = ExactlyOnce };
        Assert.True(talk.Session.TryRestore(1, new OutgoingPublish(old, talk, 0), hasArrived: true));
        talk.Open(sessionPresent: false);
        Assert.Empty(talk.Sent); // the store is asked to keep it again
        talk.Session.Stored([1], talk.Now);
        Assert.Equal(["Publish Message={Topic=t Payload='old' QoS=ExactlyOnce} PacketIdentifier=1"], talk.Sent);
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        Assert.Empty(talk.Sent);
        talk.Session.Stored([1], talk.Now);
        Assert.Equal(["PubRel PacketIdentifier=1"], talk.Sent);
        talk.Server(new PubCompPacket { PacketIdentifier = 1 });
        Assert.Equal(["forget 1", "old Accepted Success"], talk.Effects);
    }

    [Theory]
    [InlineData("500200FF", "PubRel PacketIdentifier=255 ReasonCode=92")]
    [InlineData("620200FF", "PubComp PacketIdentifier=255 ReasonCode=92")]
    public void Unknown_identifiers_are_answered_as_such(string packet, string answer)
    {
        var talk = new SessionConversation().Open();
        talk.ServerBytes(Convert.FromHexString(packet));
        Assert.Equal([answer], talk.Sent);
    }

    [Fact]
    public void An_acknowledgement_of_the_wrong_kind_is_a_protocol_error()
    {
        var talk = new SessionConversation().Open();
        talk.Publish("a");
        _ = talk.Sent;
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        Assert.Equal(["Disconnect ReasonCode=82"], talk.Sent);
    }
}
