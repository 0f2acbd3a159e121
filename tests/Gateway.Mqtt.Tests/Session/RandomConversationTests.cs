using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>
/// A session against a model of a server that keeps the standard's receiver rules, on connections that break at random
/// moments with packets under way in both directions.
/// </summary>
public sealed class RandomConversationTests
{
    private const int Messages = 300;

    [Theory]
    [InlineData(1, ProtocolVersion.V50)]
    [InlineData(2, ProtocolVersion.V50)]
    [InlineData(3, ProtocolVersion.V50)]
    [InlineData(4, ProtocolVersion.V311)]
    [InlineData(5, ProtocolVersion.V311)]
    [InlineData(6, ProtocolVersion.V31)]
    [Trait("Spec", "MQTT-4.4.0-1")]
    [Trait("Spec", "MQTT-4.6.0-1")]
    public void Every_message_arrives_in_order_and_at_QoS_2_once(int seed, ProtocolVersion version)
    {
        var random = new Random(seed);
        var talk = new SessionConversation(version, maximumInFlight: 8).Open();
        var server = new ModelServer(random);
        var qos = new List<int>();
        var ended = 0;
        for (var step = 0; ended < Messages; step++)
        {
            Assert.True(step < 100_000, "The conversation does not come to its end.");
            switch (random.Next(10))
            {
                case < 3 when qos.Count < Messages:
                    qos.Add(random.Next(1, 3));
                    talk.Publish($"{qos.Count - 1}", (QualityOfService)qos[^1]);
                    break;
                case 3 when random.Next(8) == 0:
                    server.Lose();
                    _ = talk.Sent;
                    talk.Session.ConnectionLost();
                    talk.Open(sessionPresent: version != ProtocolVersion.V31);
                    break;
                default:
                    server.TakeSome(talk.Sent);
                    server.AnswerSome(talk);
                    break;
            }

            foreach (var effect in talk.Effects.Where(e => e != "connected"))
            {
                Assert.EndsWith(" Accepted Success", effect, StringComparison.Ordinal);
                ended++;
            }
        }

        Assert.Equal(Enumerable.Range(0, Messages), server.Received.Distinct());
        var once = server.Received.Where(m => qos[m] == 2).ToList();
        Assert.Equal(once.Distinct(), once);
    }

    /// <summary>Receives as MQTT 5.0 §4.3.2 and §4.3.3 say, each packet after a random delay, in order.</summary>
    private sealed class ModelServer(Random random)
    {
        private readonly Queue<string> _toServer = new();
        private readonly Queue<MqttPacket> _toClient = new();
        private readonly HashSet<ushort> _unreleased = [];

        public List<int> Received { get; } = [];

        public void TakeSome(IEnumerable<string> sent)
        {
            foreach (var packet in sent)
            {
                _toServer.Enqueue(packet);
            }

            for (var count = random.Next(_toServer.Count + 1); count > 0; count--)
            {
                Take(_toServer.Dequeue());
            }
        }

        public void AnswerSome(SessionConversation talk)
        {
            for (var count = random.Next(_toClient.Count + 1); count > 0; count--)
            {
                talk.Server(_toClient.Dequeue());
            }
        }

        public void Lose()
        {
            _toServer.Clear();
            _toClient.Clear();
        }

        private void Take(string packet)
        {
            var identifier = ushort.Parse(packet.Split("PacketIdentifier=")[1], null);
            if (packet.StartsWith("PubRel", StringComparison.Ordinal))
            {
                _unreleased.Remove(identifier);
                _toClient.Enqueue(new PubCompPacket { PacketIdentifier = identifier });
                return;
            }

            var message = int.Parse(packet.Split('\'')[1], null);
            if (packet.Contains("QoS=AtLeastOnce", StringComparison.Ordinal))
            {
                Received.Add(message);
                _toClient.Enqueue(new PubAckPacket { PacketIdentifier = identifier });
                return;
            }

            if (_unreleased.Add(identifier))
            {
                Received.Add(message);
            }

            _toClient.Enqueue(new PubRecPacket { PacketIdentifier = identifier });
        }
    }
}
