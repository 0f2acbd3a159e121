using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Tests.Codec;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>
/// A session whose server sends damaged packets, and sound ones at the wrong time: nothing is thrown, an ended connection
/// says and reports nothing more, and on the next connection the session works.
/// </summary>
public sealed class SessionFuzzTests
{
    private const int Connections = 1500;

    [Theory]
    [InlineData(1, ProtocolVersion.V50)]
    [InlineData(2, ProtocolVersion.V50)]
    [InlineData(3, ProtocolVersion.V311)]
    [InlineData(4, ProtocolVersion.V31)]
    public void A_server_out_of_its_mind_ends_the_connection_at_worst(int seed, ProtocolVersion version)
    {
        var random = new Random(seed);
        var packets = PacketVectors.All.Where(v => v.Version == version).Select(v => v.Bytes).ToArray();
        var talk = new SessionConversation(version);
        var names = 0;
        var ends = 0;
        for (var connection = 0; connection < Connections * Fuzz.Factor; connection++)
        {
            talk.Open(sessionPresent: version != ProtocolVersion.V31 && random.Next(2) == 0);
            var ended = false;
            for (var step = random.Next(40); step > 0 && !ended; step--)
            {
                switch (random.Next(6))
                {
                    case 0 when talk.Session.Outstanding < 20:
                        talk.Publish($"m{names++}", (QualityOfService)random.Next(3));
                        break;
                    case 1:
                        talk.Session.TryUnsubscribe(["a"], "request", talk.Now);
                        break;
                    case 2:
                        talk.Advance(random.Next(20));
                        break;
                    case 3:
                        talk.ServerBytes(packets[random.Next(packets.Length)]);
                        break;
                    case 4:
                        talk.ServerBytes(Fuzz.Mutate(packets[random.Next(packets.Length)], random));
                        break;
                    default:
                        talk.ServerBytes(Acknowledgement(random));
                        break;
                }

                ended = talk.Effects.Any(effect => effect.StartsWith("ended ", StringComparison.Ordinal));
                talk.ForgetSent();
            }

            if (ended)
            {
                ends++;
                talk.ServerBytes(packets[random.Next(packets.Length)]);
                Assert.Empty(talk.Sent);
                Assert.Empty(talk.Effects);
            }

            talk.Session.ConnectionLost();
            talk.ForgetSent();
            _ = talk.Effects;
        }

        Assert.InRange(ends, Connections / 10, int.MaxValue);
        Assert.InRange(talk.Session.Outstanding, 0, 20);
        AssertWorks(talk);
    }

    private static void AssertWorks(SessionConversation talk)
    {
        talk.Session.Abandon();
        talk.Open(cleanStart: true);
        talk.ForgetSent();
        _ = talk.Effects;
        talk.Deliver("fine", QualityOfService.AtLeastOnce, 1);
        talk.Finish("fine");
        Assert.Equal(["message t fine"], talk.Effects);
        Assert.Equal(["PubAck PacketIdentifier=1"], talk.Sent);
    }

    private static byte[] Acknowledgement(Random random) => [(byte)(random.Next(4) switch { 0 => 0x40, 1 => 0x50, 2 => 0x62, _ => 0x70 }), 0x02, 0x00, (byte)random.Next(1, 12)];
}
