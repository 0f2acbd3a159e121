using System.Runtime.CompilerServices;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

public sealed class InFlightWindowTests
{
    private static readonly Delivery Sent = new() { State = DeliveryState.AwaitingPubAck };

    [Fact]
    [Trait("Spec", "MQTT-2.2.1-4")]
    public void Packet_identifiers_go_round_without_zero()
    {
        var window = new InFlightWindow();
        var seen = new List<int>();
        for (var i = 0; i < 65_540; i++)
        {
            var identifier = window.Add(Sent);
            seen.Add(identifier);
            window.Complete(ref window.Find(identifier));
        }

        Assert.Equal([.. Enumerable.Range(1, 65_535), 1, 2, 3, 4, 5], seen);
        Assert.Equal(0, window.Span);
    }

    [Fact]
    public void Acknowledgements_may_come_in_any_order()
    {
        var window = new InFlightWindow();
        var open = Enumerable.Range(0, 1000).Select(_ => window.Add(Sent)).ToList();
        var random = new Random(1);
        var acknowledged = open.OrderBy(_ => random.Next()).ToList();
        foreach (var identifier in acknowledged)
        {
            Assert.False(Unsafe.IsNullRef(ref window.Find(identifier)));
            window.Complete(ref window.Find(identifier));
            Assert.True(Unsafe.IsNullRef(ref window.Find(identifier)));
            open.Remove(identifier);
            Assert.Equal(open.Count, window.Count);
            Assert.Equal(open.Count == 0 ? 0 : 1001 - open[0], window.Span);
        }
    }

    [Fact]
    public void The_oldest_unacknowledged_stops_a_second_round()
    {
        var window = new InFlightWindow();
        window.Add(Sent);
        for (var i = 0; i < 65_534; i++)
        {
            Assert.True(window.HasFreeIdentifier);
            window.Complete(ref window.Find(window.Add(Sent)));
        }

        Assert.False(window.HasFreeIdentifier);
        window.Complete(ref window.Find(1));
        Assert.True(window.HasFreeIdentifier);
        Assert.Equal(1, window.Add(Sent));
    }

    [Fact]
    public void Unknown_identifiers_are_not_found()
    {
        var window = new InFlightWindow();
        Assert.True(Unsafe.IsNullRef(ref window.Find(1)));
        window.Add(Sent);
        Assert.True(Unsafe.IsNullRef(ref window.Find(0)));
        Assert.True(Unsafe.IsNullRef(ref window.Find(2)));
        Assert.True(Unsafe.IsNullRef(ref window.Find(65_535)));
    }

    [Fact]
    public void Restored_deliveries_keep_their_identifiers_across_the_turn_to_one()
    {
        var window = new InFlightWindow();
        foreach (var identifier in (ushort[])[65_530, 65_535, 2])
        {
            Assert.True(window.TryRestore(identifier, Sent));
        }

        Assert.Equal(3, window.Count);
        Assert.False(Unsafe.IsNullRef(ref window.Find(65_535)));
        Assert.True(Unsafe.IsNullRef(ref window.Find(1)));
        Assert.Equal(3, window.Add(Sent));
        window.Complete(ref window.Find(65_530));
        Assert.Equal(65_535, window.IdentifierAt(0));
    }
}
