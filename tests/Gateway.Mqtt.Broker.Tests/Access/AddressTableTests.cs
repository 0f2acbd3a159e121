using System.Net;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Tests.Access;

public sealed class AddressTableTests
{
    private readonly BrokerLimits _limits = new() { ConnectionsPerAddress = 2 };

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("::1", "127.0.0.1", false)]
    public void An_address_is_what_one_machine_has(string first, string second, bool isSame)
        => Assert.Equal(isSame, ClientAddress.Of(EndPoint(first)) == ClientAddress.Of(EndPoint(second)));

    [Fact]
    public void Connections_are_counted_by_address_and_only_where_there_is_one()
    {
        var table = new AddressTable(_limits, new Deadlines());
        var first = table.Enter(EndPoint("10.0.0.1"), out _);
        table.Enter(EndPoint("10.0.0.1"), out var hasRoom);
        Assert.True(hasRoom);
        Assert.Null(table.Enter(EndPoint("10.0.0.1"), out hasRoom));
        Assert.False(hasRoom);
        Assert.NotNull(table.Enter(EndPoint("10.0.0.2"), out hasRoom));
        Assert.True(hasRoom);
        Assert.Null(table.Enter(null, out hasRoom));
        Assert.True(hasRoom);
        table.Leave(first);
        Assert.Same(first, table.Enter(EndPoint("10.0.0.1"), out hasRoom));
    }

    [Fact]
    public void Addresses_that_left_are_remembered_as_far_as_there_is_room()
    {
        var table = new AddressTable(_limits, new Deadlines());
        var stays = table.Enter(EndPoint("10.1.0.0"), out _);
        for (var i = 0; i < 50_000; i++)
        {
            table.Leave(table.Enter(new IPEndPoint(new IPAddress(0x0B000000L + i), 1), out _));
        }

        Assert.Equal(10_001, table.Count);
        Assert.Same(stays, table.Enter(EndPoint("10.1.0.0"), out _));
    }

    private static IPEndPoint EndPoint(string address) => new(IPAddress.Parse(address), 1);
}
