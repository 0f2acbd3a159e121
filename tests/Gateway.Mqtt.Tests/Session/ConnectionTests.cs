using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>The course of a connection: handshake, time, requests, errors, end.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public void A_refusal_ends_the_attempt()
    {
        var talk = Connecting();
        talk.Server(new ConnAckPacket { ReasonCode = ReasonCode.BadUserNameOrPassword });
        Assert.Equal(["refused BadUserNameOrPassword"], talk.Effects);
        Assert.Empty(talk.Sent);
    }

    [Fact]
    public void A_server_that_does_not_answer_connect_is_given_up()
    {
        var talk = Connecting();
        Assert.Equal(talk.Now + TimeSpan.FromSeconds(10), talk.Session.NextDeadline);
        talk.Advance(9.999);
        Assert.Empty(talk.Effects);
        talk.Advance(0.001);
        Assert.Equal(["ended UnspecifiedError: The server did not answer CONNECT within 10 s."], talk.Effects);
        Assert.Equal(TimeSpan.MaxValue, talk.Session.NextDeadline);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.2.2-4")]
    public void A_session_that_the_client_does_not_have_ends_the_connection()
    {
        var talk = new SessionConversation();
        talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, CleanStart = true }, talk.Now);
        talk.Server(new ConnAckPacket { ReasonCode = ReasonCode.Success, SessionPresent = true });
        Assert.Equal(["ended ProtocolError: The server resumes a session after Clean Start."], talk.Effects);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-20")]
    [Trait("Spec", "MQTT-3.1.2-23")]
    public void Pingreq_leaves_within_the_keep_alive_and_silence_after_it_ends_the_connection()
    {
        var talk = new SessionConversation().Open();
        talk.Advance(44.9);
        Assert.Empty(talk.Sent);
        talk.Advance(0.1);
        Assert.Equal(["PingReq"], talk.Sent);
        talk.Server(new PingRespPacket());
        talk.Advance(45);
        Assert.Equal(["PingReq"], talk.Sent);
        talk.Advance(4.9);
        Assert.Empty(talk.Effects);
        talk.Advance(0.1);
        Assert.Equal(["ended KeepAliveTimeout: The server did not answer PINGREQ within 5 s."], talk.Effects);
        Assert.Equal(["Disconnect ReasonCode=8D"], talk.Sent);
    }

    [Fact]
    public void A_client_that_sends_all_the_time_still_notices_a_dead_server()
    {
        var talk = new SessionConversation().Open();
        for (var second = 0; second < 45; second++)
        {
            talk.Publish("x", QualityOfService.AtMostOnce);
            talk.Advance(1);
        }

        Assert.Equal("PingReq", talk.Sent[^1]);
        talk.Advance(5);
        Assert.StartsWith("ended KeepAliveTimeout", talk.Effects[^1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-21")]
    [Trait("Spec", "MQTT-3.2.2-21")]
    public void The_servers_keep_alive_replaces_the_clients()
    {
        var talk = new SessionConversation().Open(connAck: new ConnAckPacket { ReasonCode = ReasonCode.Success, ServerKeepAlive = 4 });
        talk.Advance(3);
        Assert.Equal(["PingReq"], talk.Sent);
    }

    [Fact]
    public void A_keep_alive_of_zero_sends_no_pingreq()
    {
        var talk = new SessionConversation().Open(connAck: new ConnAckPacket { ReasonCode = ReasonCode.Success, ServerKeepAlive = 0 });
        Assert.Equal(TimeSpan.MaxValue, talk.Session.NextDeadline);
        talk.Advance(100_000);
        Assert.Empty(talk.Sent);
    }

    [Fact]
    public void Time_in_which_the_caller_does_not_read_is_not_the_servers_silence()
    {
        var talk = new SessionConversation().Open();
        talk.Advance(45);
        Assert.Equal(["PingReq"], talk.Sent);
        talk.Now += TimeSpan.FromSeconds(5);
        talk.Session.PauseReceiving(talk.Now);
        talk.Session.Tick(talk.Now);
        Assert.Empty(talk.Effects);
    }

    [Theory]
    [InlineData("2003000000", "ProtocolError: The server sent ConnAck, which is not allowed here.")]
    [InlineData("C000", "ProtocolError: The server sent PingReq, which is not allowed here.")]
    [InlineData("100C00044D5154540500003C0000", "ProtocolError: The server sent Connect, which is not allowed here.")]
    [InlineData("F000", "ProtocolError: The server sent AUTH to a client that asks for no Authentication Method.")]
    [InlineData("D00100", "MalformedPacket: The server broke the protocol: Bytes follow the packet's last field.")]
    [InlineData("3600", "MalformedPacket: The server broke the protocol: A reserved flag of the fixed header is set.")]
    [InlineData("3203000161", "MalformedPacket: The server broke the protocol: The packet ends before its last field does.")]
    [InlineData("E0018E", "SessionTakenOver: The server disconnected: SessionTakenOver.")]
    [Trait("Spec", "MQTT-3.2.0-2")]
    [Trait("Spec", "MQTT-4.12.0-6")]
    [Trait("Spec", "MQTT-4.13.1-1")]
    [Trait("Spec311", "MQTT-4.8.0-1")]
    [Trait("Spec311", "MQTT-2.2.2-2")]
    public void What_the_server_may_not_send_ends_the_connection(string bytes, string why)
    {
        var talk = new SessionConversation().Open();
        talk.ServerBytes(Convert.FromHexString(bytes));
        Assert.Equal([$"ended {why}"], talk.Effects);
        var sent = talk.Sent;
        Assert.True(bytes == "E0018E" ? sent.Count == 0 : sent.Single().StartsWith("Disconnect ReasonCode=8", StringComparison.Ordinal));

        // Whatever comes after is not looked at.
        talk.Deliver("x", QualityOfService.AtLeastOnce, 1);
        talk.Publish("y");
        Assert.Empty(talk.Effects);
        Assert.Empty(talk.Sent);
    }

    [Fact]
    public void Before_5_0_an_error_closes_without_a_word()
    {
        var talk = new SessionConversation(ProtocolVersion.V311).Open();
        talk.ServerBytes([0x36, 0x00]);
        Assert.StartsWith("ended MalformedPacket", Assert.Single(talk.Effects), StringComparison.Ordinal);
        Assert.Empty(talk.Sent);
    }

    [Theory]
    [InlineData("D000")]
    [InlineData("3003000161")]
    [InlineData("F000")]
    [Trait("Spec", "MQTT-3.2.0-1")]
    [Trait("Spec", "MQTT-3.14.0-1")]
    public void The_first_packet_of_a_server_is_connack(string bytes)
    {
        var talk = Connecting();
        talk.ServerBytes(Convert.FromHexString(bytes));
        Assert.StartsWith("ended ProtocolError", Assert.Single(talk.Effects), StringComparison.Ordinal);
        Assert.Empty(talk.Sent);
    }

    [Fact]
    [Trait("Spec", "MQTT-2.2.1-6")]
    [Trait("Spec311", "MQTT-2.3.1-7")]
    public void Requests_are_answered_or_lost_with_their_connection()
    {
        var talk = new SessionConversation().Open();
        Assert.True(talk.Session.TrySubscribe([new Subscription { TopicFilter = "a" }, new Subscription { TopicFilter = "b" }], 7, "subscribe", talk.Now));
        Assert.True(talk.Session.TryUnsubscribe(["c"], "unsubscribe", talk.Now));
        Assert.Equal(
            [
                "Subscribe PacketIdentifier=11 Subscriptions=[{TopicFilter=a},{TopicFilter=b}] SubscriptionIdentifier=7",
                "Unsubscribe PacketIdentifier=12 TopicFilters=[c]",
            ],
            talk.Sent);
        talk.Server(new SubAckPacket { PacketIdentifier = 11, ReasonCodes = [ReasonCode.GrantedQoS1, ReasonCode.NotAuthorized] });

        // An answer of the wrong kind, and one to nobody, are not taken for it.
        talk.Server(new SubAckPacket { PacketIdentifier = 12, ReasonCodes = [ReasonCode.Success] });
        talk.Server(new UnsubAckPacket { PacketIdentifier = 13, ReasonCodes = [ReasonCode.Success] });
        Assert.Equal(["subscribe answered 01 87"], talk.Effects);
        talk.Session.ConnectionLost();
        Assert.Equal(["unsubscribe lost"], talk.Effects);
        Assert.False(talk.Session.TrySubscribe([new Subscription { TopicFilter = "a" }], null, "again", talk.Now));
    }

    [Fact]
    public void Requests_that_wait_are_bounded()
    {
        var talk = new SessionConversation().Open();
        for (var i = 0; i < 64; i++)
        {
            Assert.True(talk.Session.TryUnsubscribe(["a"], i, talk.Now));
        }

        Assert.False(talk.Session.TryUnsubscribe(["a"], 64, talk.Now));
        talk.Server(new UnsubAckPacket { PacketIdentifier = 20, ReasonCodes = [ReasonCode.Success] });
        Assert.True(talk.Session.TryUnsubscribe(["a"], 65, talk.Now));
        Assert.Equal("Unsubscribe PacketIdentifier=20 TopicFilters=[a]", talk.Sent[^1]);
    }

    [Fact]
    [Trait("Spec", "MQTT-3.14.4-1")]
    [Trait("Spec", "MQTT-3.14.4-2")]
    public void Disconnect_is_the_last_word()
    {
        var talk = new SessionConversation().Open();
        talk.Session.Disconnect(ReasonCode.DisconnectWithWillMessage, talk.Now);
        Assert.Equal(["Disconnect ReasonCode=4"], talk.Sent);
        Assert.StartsWith("ended ", Assert.Single(talk.Effects), StringComparison.Ordinal);
        talk.Publish("late");
        talk.Advance(1000);
        Assert.Empty(talk.Sent);
    }

    private static SessionConversation Connecting()
    {
        var talk = new SessionConversation();
        talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, talk.Now);
        _ = talk.Sent;
        return talk;
    }
}
