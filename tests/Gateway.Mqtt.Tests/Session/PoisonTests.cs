using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>A message for which the server ends every connection.</summary>
public sealed class PoisonTests
{
    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public void It_is_found_among_others_which_all_arrive(QualityOfService qos)
    {
        var talk = new SessionConversation(ProtocolVersion.V311, poisonAfter: 3);
        var server = new PoisonedServer(talk, "c");
        foreach (var payload in "abcdef")
        {
            talk.Publish($"{payload}", qos);
        }

        Assert.Equal(["c"], server.RunToTheEnd());
        Assert.Equal("abdef", string.Concat(server.Taken.Distinct()));
        Assert.Equal(0, talk.Session.Outstanding);
    }

    [Fact]
    public void Several_are_found()
    {
        var talk = new SessionConversation(ProtocolVersion.V311, poisonAfter: 2);
        var server = new PoisonedServer(talk, "a", "d", "e");
        foreach (var payload in "abcdef")
        {
            talk.Publish($"{payload}");
        }

        Assert.Equal(["a", "d", "e"], server.RunToTheEnd());
        Assert.Equal("bcf", string.Concat(server.Taken.Distinct()));
    }

    [Fact]
    public void A_network_that_breaks_for_nobodys_fault_costs_no_message()
    {
        var talk = new SessionConversation(poisonAfter: 3);
        talk.Publish("a");
        for (var i = 0; i < 20; i++)
        {
            talk.Open();
            talk.ForgetSent();

            // Isolated by now, and the connection ends before it has shown that it lives; or the server cannot be reached in between.
            talk.Advance(i % 2 == 0 ? 0.5 : 1);
            talk.Session.ConnectionLost(talk.Now);
            talk.ForgetSent();
            if (i % 2 == 1)
            {
                talk.Session.ServerWasAway();
            }
        }

        Assert.Equal(1, talk.Session.Outstanding);
        Assert.DoesNotContain(talk.Effects, effect => effect.Contains("Refused", StringComparison.Ordinal));
    }

    [Fact]
    public void Nor_does_a_connection_that_ends_long_after_it_was_sent_or_by_the_clients_wish()
    {
        var talk = new SessionConversation(poisonAfter: 1);
        talk.Publish("a");
        for (var i = 0; i < 20; i++)
        {
            talk.Open();
            talk.Advance(3);
            talk.Session.ConnectionLost(i % 2 == 0 ? talk.Now : null);
            talk.ForgetSent();
        }

        Assert.Equal(1, talk.Session.Outstanding);
    }

    // Takes everything but some payloads, at the sight of which it ends the connection.
    private sealed class PoisonedServer(SessionConversation talk, params string[] poison)
    {
        private readonly List<string> _refused = [];

        public List<string> Taken { get; } = [];

        public List<string> RunToTheEnd()
        {
            for (var connections = 0; talk.Session.Outstanding > 0; connections++)
            {
                Assert.True(connections < 30, "It never ends.");
                talk.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V311, ClientIdentifier = "c", KeepAlive = 60 }, talk.Now);
                talk.ForgetSent();
                talk.Server(new ConnAckPacket { ReasonCode = ReasonCode.Success });
                while (Answer())
                {
                }

                talk.Session.ConnectionLost(talk.Now);
                _refused.AddRange(talk.Effects.Where(effect => effect.Contains("Refused", StringComparison.Ordinal)).Select(effect => poison.Single(payload => effect.StartsWith($"{payload} ", StringComparison.Ordinal))));
            }

            return _refused;
        }

        // False: it ends the connection, or there is nothing more.
        private bool Answer()
        {
            var sent = talk.SentPackets;
            if (sent.Count == 0)
            {
                talk.Advance(1);
                sent = talk.SentPackets;
            }

            foreach (var packet in sent)
            {
                switch (packet)
                {
                    case PingReqPacket:
                        talk.Server(new PingRespPacket());
                        break;
                    case PublishPacket publish when System.Text.Encoding.ASCII.GetString(publish.Message.Payload.Span) is var payload:
                        if (poison.Contains(payload))
                        {
                            return false;
                        }

                        Taken.Add(payload);
                        talk.Server(publish.Message.QoS == QualityOfService.AtLeastOnce
                            ? new PubAckPacket { PacketIdentifier = publish.PacketIdentifier }
                            : new PubRecPacket { PacketIdentifier = publish.PacketIdentifier });
                        break;
                    case PubRelPacket release:
                        talk.Server(new PubCompPacket { PacketIdentifier = release.PacketIdentifier });
                        break;
                }
            }

            return sent.Count > 0;
        }
    }
}
