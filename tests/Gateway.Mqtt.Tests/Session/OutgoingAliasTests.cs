using System.Text;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>Topic Aliases of the client's own messages. MQTT 5.0 §3.3.2.3.4.</summary>
public sealed class OutgoingAliasTests
{
    [Fact]
    [Trait("Spec", "MQTT-3.2.2-17")]
    [Trait("Spec", "MQTT-3.3.2-9")]
    public void The_first_topics_get_aliases_up_to_the_servers_maximum()
    {
        var talk = new SessionConversation(maximumAliases: 5).Open(connAck: Accepting(2));
        foreach (var topic in new[] { "a", "b", "c", "a", "c", "b" })
        {
            Publish(talk, topic, QualityOfService.AtMostOnce);
        }

        Assert.Equal(["a/1", "b/2", "c/", "/1", "c/", "/2"], Topics(talk));
    }

    [Fact]
    [Trait("Spec", "MQTT-3.2.2-18")]
    public void Without_room_on_either_side_there_are_none()
    {
        var unasked = new SessionConversation(maximumAliases: 0).Open(connAck: Accepting(9));
        var unheard = new SessionConversation(maximumAliases: 9).Open(connAck: Accepting(0));
        foreach (var talk in new[] { unasked, unheard })
        {
            Publish(talk, "a", QualityOfService.AtMostOnce);
            Publish(talk, "a", QualityOfService.AtMostOnce);
            Assert.Equal(["a/", "a/"], Topics(talk));
        }
    }

    [Fact]
    [Trait("Spec", "MQTT-3.3.2-7")]
    public void A_new_connection_begins_without_and_what_is_sent_again_says_its_topic()
    {
        var talk = new SessionConversation(maximumAliases: 5).Open(connAck: Accepting(5));
        Publish(talk, "a", QualityOfService.AtLeastOnce);
        Publish(talk, "a", QualityOfService.AtLeastOnce);
        Assert.Equal(["a/1", "/1"], Topics(talk));
        talk.Session.ConnectionLost();
        talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, talk.Now);
        _ = talk.Sent;
        talk.Server(Accepting(5) with { SessionPresent = true });
        Publish(talk, "a", QualityOfService.AtLeastOnce);
        Publish(talk, "a", QualityOfService.AtLeastOnce);
        Assert.Equal(["a/", "a/", "a/1", "/1"], Topics(talk));
    }

    [Fact]
    public void A_message_that_is_not_sent_introduces_nothing()
    {
        var talk = new SessionConversation(maximumAliases: 5).Open(connAck: Accepting(5) with { MaximumPacketSize = 20 });
        Publish(talk, "a", QualityOfService.AtMostOnce, new string('x', 20));
        Publish(talk, "a", QualityOfService.AtMostOnce);
        Assert.Equal(["a/1"], Topics(talk));
    }

    private static ConnAckPacket Accepting(ushort aliases) => new() { ReasonCode = ReasonCode.Success, TopicAliasMaximum = aliases };

    private static void Publish(SessionConversation talk, string topic, QualityOfService qos, string payload = "") => talk.Session.Publish(
        new OutgoingPublish(new ApplicationMessage { Topic = topic, QoS = qos, Payload = Encoding.UTF8.GetBytes(payload) }, talk, 0), talk.Now);

    private static string[] Topics(SessionConversation talk) =>
        talk.SentPackets.OfType<PublishPacket>().Select(packet => $"{packet.Message.Topic}/{packet.TopicAlias}").ToArray();
}
