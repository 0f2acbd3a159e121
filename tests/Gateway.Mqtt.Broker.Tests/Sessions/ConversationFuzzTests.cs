using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>
/// Conversations of the case files with bytes changed, dropped, doubled: nothing is thrown, a broken client is closed,
/// and another client notices nothing.
/// </summary>
public sealed class ConversationFuzzTests
{
    private static readonly int Rounds = 3000 * Fuzz.Factor;

    [Fact]
    [Trait("Spec", "MQTT-4.13.1-1")]
    public void Mutated_conversations_hurt_nobody_else()
    {
        var random = new Random(20261122);
        var conversations = WireCase.Files
            .SelectMany(WireCase.Read)
            .Select(c => c.Steps.Select(step => step.Split(' ', 3)).Where(w => w is [_, ">", _]).SelectMany(w => WireText.Parse(w[2])).ToArray())
            .Where(bytes => bytes.Length > 0)
            .ToList();
        var state = new BrokerState(new BrokerLimits { PacketSize = 100_000, Sessions = 100 }, authorizer: null);
        state.Advance(0);
        var witness = new WireClient(state);
        witness.Send(WireText.Parse("10 [ \"MQTT\" 04 02 0000 \"witness\" ] 82 [ 0001 \"witness/only\" 00 ]"));
        witness.Take();

        for (var round = 0; round < Rounds; round++)
        {
            state.Advance(round * 1000L);
            var client = new WireClient(state);
            client.Send(Fuzz.Mutate(conversations[random.Next(conversations.Count)], random));
            client.Take();
            client.Drop();
            client.Connection.OnClosed();
            if (round % 100 == 0)
            {
                var message = WireText.Parse("30 [ \"witness/only\" 'x' ]");
                witness.Send(message);
                Assert.Equal(message, witness.Take().TakeLast(message.Length));
                Assert.False(witness.IsClosed);
            }
        }

        Assert.InRange(state.Sessions.Count, 1, 100);
        Assert.True(state.Tally.ProtocolErrors > Rounds / 10, "the mutations broke hardly anything");
    }
}
