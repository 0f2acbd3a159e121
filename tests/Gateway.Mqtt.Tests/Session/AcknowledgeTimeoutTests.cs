using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>A server that is alive and acknowledges nothing.</summary>
public sealed class AcknowledgeTimeoutTests
{
    private const string GivenUp = "ended UnspecifiedError: The server has acknowledged nothing for 20 s.";

    [Fact]
    public void Answers_to_ping_are_no_acknowledgements()
    {
        var talk = Open();
        talk.Publish("a");
        for (var second = 1; second < 20; second++)
        {
            talk.Advance(1);
            talk.Server(new PingRespPacket());
        }

        Assert.Empty(talk.Effects);
        talk.ForgetSent();
        talk.Advance(1);
        Assert.Equal([GivenUp], talk.Effects);
        Assert.Equal(["Disconnect ReasonCode=80"], talk.Sent);
    }

    [Fact]
    public void A_connection_on_which_nothing_was_acknowledged_was_of_no_use()
    {
        var talk = Open();
        Assert.False(talk.Session.IsFruitless);
        talk.Publish("a");
        talk.Server(new PingRespPacket());
        Assert.True(talk.Session.IsFruitless);
        talk.Server(new PubAckPacket { PacketIdentifier = 1 });
        talk.Publish("b");
        Assert.False(talk.Session.IsFruitless);

        talk.Session.ConnectionLost();
        talk.ForgetSent();
        talk.Open();
        Assert.True(talk.Session.IsFruitless);
        talk.Server(new PubAckPacket { PacketIdentifier = 2 });
        Assert.False(talk.Session.IsFruitless);
    }

    [Fact]
    public void A_server_that_is_slow_and_gets_on_is_not_given_up()
    {
        var talk = Open();
        foreach (var payload in "abcde")
        {
            talk.Publish($"{payload}");
        }

        for (ushort identifier = 1; identifier <= 5; identifier++)
        {
            talk.Advance(19);
            talk.Server(new PubAckPacket { PacketIdentifier = identifier });
        }

        Assert.DoesNotContain(GivenUp, talk.Effects);

        // Nothing is owed any more.
        talk.Advance(19);
        talk.Advance(19);
        Assert.DoesNotContain(GivenUp, talk.Effects);
    }

    [Fact]
    public void One_message_that_is_passed_over_is_enough()
    {
        var talk = Open();
        talk.Publish("a");
        for (ushort identifier = 2; identifier <= 3; identifier++)
        {
            talk.Publish("b");
            talk.Advance(10);
            talk.Server(new PubAckPacket { PacketIdentifier = identifier });
        }

        Assert.Contains(GivenUp, talk.Effects);
    }

    [Fact]
    public void Half_of_exactly_once_counts()
    {
        var talk = Open();
        talk.Publish("a", QualityOfService.ExactlyOnce);
        talk.Advance(19);
        talk.Server(new PubRecPacket { PacketIdentifier = 1 });
        talk.Advance(19);
        Assert.Empty(talk.Effects);
        talk.Advance(1);
        Assert.Equal([GivenUp], talk.Effects);
    }

    [Fact]
    public void A_new_connection_has_its_own_time_and_a_caller_that_does_not_read_is_no_fault_of_the_server()
    {
        var talk = Open();
        talk.Publish("a");
        talk.Advance(15);
        talk.Session.ConnectionLost();
        talk.ForgetSent();
        talk.Open();
        talk.Advance(15);
        Assert.DoesNotContain(GivenUp, talk.Effects);
        talk.Session.PauseReceiving(talk.Now);
        talk.Advance(15);
        Assert.DoesNotContain(GivenUp, talk.Effects);
        talk.Advance(5);
        Assert.Contains(GivenUp, talk.Effects);
    }

    private static SessionConversation Open() => new SessionConversation(acknowledgeTimeout: TimeSpan.FromSeconds(20)).Open();
}
