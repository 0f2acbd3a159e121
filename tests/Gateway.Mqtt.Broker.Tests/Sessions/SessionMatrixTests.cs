using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>What a subscriber gets after it was away: Clean Session × RETAIN × QoS subscribed × QoS published.</summary>
public sealed class SessionMatrixTests
{
    public static TheoryData<bool, bool, int, int> Matrix
    {
        get
        {
            var data = new TheoryData<bool, bool, int, int>();
            foreach (var clean in (bool[])[true, false])
            {
                foreach (var retain in (bool[])[true, false])
                {
                    for (var cell = 0; cell < 9; cell++)
                    {
                        data.Add(clean, retain, cell / 3, cell % 3);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    [Trait("Spec", "MQTT-4.5.0-1")]
    [Trait("Spec", "MQTT-4.1.0-1")]
    [Trait("Spec311", "MQTT-3.1.2-5")]
    public void Absent_subscriber_of_3_1_1_gets_on_return(bool clean, bool retain, int subscribed, int published)
    {
        var state = new BrokerState(new BrokerLimits(), authorizer: null);
        state.Advance(0);
        var subscriber = Connect(state, clean ? "@connect4:s" : "@resume4:s");
        subscriber.Send(WireText.Parse($"82 [ 0001 \"t\" 0{subscribed} ]"));
        subscriber.Take();
        subscriber.Drop();

        var publisher = Connect(state, "@connect4:p");
        publisher.Send(WireText.Parse(Publish(published, retain, "0001")));

        // It asks again only where the broker has forgotten.
        subscriber = Connect(state, clean ? "@connect4:s" : "@resume4:s", takeConnAck: false);
        var connAck = clean ? "@ok4" : "@present4";
        var queued = !clean && Math.Min(subscribed, published) > 0 ? Publish(Math.Min(subscribed, published), retain: false, "0001") : "";
        Assert.Equal(WireText.Format(WireText.Parse($"{connAck} {queued}")), WireText.Format(subscriber.Take()));

        subscriber.Send(WireText.Parse($"82 [ 0002 \"t\" 0{subscribed} ]"));
        var identifier = queued.Length > 0 ? "0002" : "0001";
        var retained = retain ? Publish(Math.Min(subscribed, published), retain: true, identifier) : "";
        Assert.Equal(WireText.Format(WireText.Parse($"90 03 0002 0{subscribed} {retained}")), WireText.Format(subscriber.Take()));
    }

    private static string Publish(int qos, bool retain, string identifier)
        => $"3{(qos << 1) | (retain ? 1 : 0):x} [ \"t\" {(qos == 0 ? "" : identifier)} 'x' ]";

    private static WireClient Connect(BrokerState state, string connect, bool takeConnAck = true)
    {
        var client = new WireClient(state);
        client.Send(WireText.Parse(connect));
        if (takeConnAck)
        {
            client.Take();
        }

        return client;
    }
}
