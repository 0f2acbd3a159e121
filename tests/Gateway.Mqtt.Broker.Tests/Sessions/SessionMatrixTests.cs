using Gateway.Mqtt.Broker.Tests.Persistence;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>
/// What a subscriber gets after it was away: Clean Session × RETAIN × QoS subscribed × QoS published, whether or not the
/// broker died meanwhile.
/// </summary>
public sealed class SessionMatrixTests
{
    private readonly DyingBroker _broker = new();

    public static TheoryData<bool, bool, int, int, bool> Matrix
    {
        get
        {
            var data = new TheoryData<bool, bool, int, int, bool>();
            for (var cell = 0; cell < 2 * 2 * 3 * 3 * 2; cell++)
            {
                data.Add(cell % 2 == 1, cell / 2 % 2 == 1, cell / 4 % 3, cell / 12 % 3, cell / 36 == 1);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    [Trait("Spec", "MQTT-4.5.0-1")]
    [Trait("Spec", "MQTT-4.1.0-1")]
    [Trait("Spec311", "MQTT-3.1.2-5")]
    [Trait("Spec311", "MQTT-4.1.0-1")]
    public void Absent_subscriber_of_3_1_1_gets_on_return(bool clean, bool retain, int subscribed, int published, bool dies)
    {
        var subscriber = Connect(clean ? "@connect4:s" : "@resume4:s");
        subscriber.Send(WireText.Parse($"82 [ 0001 \"t\" 0{subscribed} ]"));
        Take(subscriber);
        subscriber.Drop();

        var publisher = Connect("@connect4:p");
        publisher.Send(WireText.Parse(Publish(published, retain, "0001") + " c0 00"));
        Assert.NotEmpty(Take(publisher));
        if (dies)
        {
            // At QoS 0 nothing is promised but for those who wait a little.
            _broker.Advance(DyingBroker.Interval / 2);
            _broker.Advance(DyingBroker.Interval / 2);
            _broker.CommitAll();
            _broker.Die();
        }

        // It asks again only where the broker has forgotten.
        subscriber = Connect(clean ? "@connect4:s" : "@resume4:s", takeConnAck: false);
        var connAck = clean ? "@ok4" : "@present4";
        var queued = !clean && Math.Min(subscribed, published) > 0 ? Publish(Math.Min(subscribed, published), retain: false, "0001") : "";
        Assert.Equal(WireText.Format(WireText.Parse($"{connAck} {queued}")), WireText.Format(Take(subscriber)));

        subscriber.Send(WireText.Parse($"82 [ 0002 \"t\" 0{subscribed} ]"));
        var identifier = queued.Length > 0 ? "0002" : "0001";
        var retained = retain ? Publish(Math.Min(subscribed, published), retain: true, identifier) : "";
        Assert.Equal(WireText.Format(WireText.Parse($"90 03 0002 0{subscribed} {retained}")), WireText.Format(Take(subscriber)));
    }

    private static string Publish(int qos, bool retain, string identifier)
        => $"3{(qos << 1) | (retain ? 1 : 0):x} [ \"t\" {(qos == 0 ? "" : identifier)} 'x' ]";

    private WireClient Connect(string connect, bool takeConnAck = true)
    {
        var client = _broker.Connect(connect);
        if (takeConnAck)
        {
            Take(client);
        }

        return client;
    }

    private byte[] Take(WireClient client)
    {
        _broker.CommitAll();
        return client.Take();
    }
}
