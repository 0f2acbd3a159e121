using System.Net;
using Gateway.Mqtt.Broker.Access;

namespace Gateway.Mqtt.Broker.Tests.Access;

public sealed class AddressTableTests
{
    private readonly BrokerLimits _limits = new() { ConnectionsPerAddress = 2, LoginDelay = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(10) };

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
        var table = new AddressTable(_limits);
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
        var table = new AddressTable(_limits);
        var stays = table.Enter(EndPoint("10.1.0.0"), out _);
        for (var i = 0; i < 50_000; i++)
        {
            table.Leave(table.Enter(new IPEndPoint(new IPAddress(0x0B000000L + i), 1), out _));
        }

        Assert.Equal(10_001, table.Count);
        Assert.Same(stays, table.Enter(EndPoint("10.1.0.0"), out _));
    }

    [Fact]
    public void Failed_log_ins_cost_more_and_more_time_until_they_are_refused_unheard_and_are_forgotten()
    {
        var record = Record();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(0, Wait(record, 0));
            record.OnLoginFailed(null, 0);
        }

        Assert.Equal(0, Wait(record, 0));
        record.OnLoginFailed(null, 0);
        Assert.Equal(250, Wait(record, 0));
        record.OnLoginFailed(null, 250);
        Assert.Equal(500, Wait(record, 250));
        record.OnLoginFailed(null, 750);
        Assert.Equal(1000, Wait(record, 750));
        for (var i = 0; i < 20; i++)
        {
            record.OnLoginFailed(null, 2000);
        }

        Assert.Null(Wait(record, 2000));
        // The pause is 30 s at most, and whoever comes after it is heard.
        Assert.Null(Wait(record, 26_999));
        Assert.Equal(5000, Wait(record, 27_000));
        Assert.Equal(0, Wait(record, 2000 + (30 * 60_000)));
    }

    [Fact]
    public void Log_ins_at_the_same_time_wait_for_each_other_after_failures()
    {
        var record = Record();
        for (var i = 0; i < 5; i++)
        {
            record.OnLoginFailed(null, 0);
        }

        var waits = Enumerable.Range(0, 20).Select(_ => Wait(record, 0)).TakeWhile(wait => wait is not null).ToList();
        Assert.Equal([500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000], waits.Select(wait => (int)wait!));
    }

    [Fact]
    public void Clients_that_log_in_well_never_wait_however_many_they_are()
    {
        var record = Record();
        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Equal(0, Wait(record, 0)));
    }

    [Fact]
    public void Who_has_logged_in_from_an_address_waits_for_failures_under_the_own_name_only()
    {
        var record = Record();
        record.OnLoginSucceeded("ann");
        for (var i = 0; i < 20; i++)
        {
            record.OnLoginFailed("bob", 0);
        }

        Assert.Null(Wait(record, 0, "bob"));
        Assert.Null(Wait(record, 0, "carol"));
        Assert.Null(Wait(record, 0));
        Assert.Equal(0, Wait(record, 0, "ann"));

        for (var i = 0; i < 4; i++)
        {
            record.OnLoginFailed("ann", 0);
        }

        Assert.Equal(250, Wait(record, 0, "ann"));
    }

    [Fact]
    public void An_address_remembers_so_many_users_and_no_more()
    {
        var record = Record();
        for (var i = 0; i < 100; i++)
        {
            record.OnLoginSucceeded($"user{i}");
            record.OnLoginFailed("stranger", 0);
        }

        Assert.Equal(64, Enumerable.Range(0, 100).Count(i => Wait(record, 0, $"user{i}") == 0));
    }

    private AddressRecord Record() => new AddressTable(_limits).Enter(EndPoint("10.0.0.1"), out _)!;

    private static long? Wait(AddressRecord record, long now, string? userName = null)
        => record.TryBeginLogin(userName, now, out var wait) ? wait : null;

    private static IPEndPoint EndPoint(string address) => new(IPAddress.Parse(address), 1);
}
