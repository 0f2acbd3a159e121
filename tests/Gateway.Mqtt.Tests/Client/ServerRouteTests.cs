using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>Where a Server Reference leads. MQTT 5.0 §4.11.</summary>
public sealed class ServerRouteTests
{
    private static readonly Uri Home = new("mqtt://home.example.org:1883");

    [Theory]
    [InlineData("mqtt://home.example.org:1883", "other.example.org", "mqtt://other.example.org:1883/")]
    [InlineData("mqtts://home.example.org:8884", "other.example.org", "mqtts://other.example.org:8883/")]
    [InlineData("mqtts://home.example.org:8883", "other.example.org:99", "mqtts://other.example.org:99/")]
    [InlineData("wss://home.example.org:443/mqtt", "other.example.org:99", "wss://other.example.org:99/mqtt")]
    [InlineData("mqtt://home.example.org:1883", "10.10.151.22:8883 [fe80::9610:3eff:fe1c]:1884", "mqtt://10.10.151.22:8883/ mqtt://[fe80::9610:3eff:fe1c]:1884/")]
    [InlineData("mqtt://home.example.org:1883", "fe80::1", "mqtt://[fe80::1]:1883/")]
    public void References_keep_the_transport(string from, string reference, string expected)
    {
        var route = new ServerRoute([new Uri(from)], ["*"]);
        Assert.True(route.TryFollow(new Uri(from), ReasonCode.UseAnotherServer, reference));
        Assert.Equal($"{expected} {new Uri(from)}", string.Join(' ', route.Servers));
    }

    [Theory]
    [InlineData("other.example.org", true)]
    [InlineData("OTHER.example.org", true)]
    [InlineData("a.b.example.net", true)]
    [InlineData("example.net", false)]
    [InlineData("evilexample.net", false)]
    [InlineData("evil.example.org", false)]
    [InlineData("evil.example.org other.example.org", true)]
    [InlineData("mqtt://other.example.org", false)]
    [InlineData("user@other.example.org", false)]
    [InlineData("other.example.org/x", false)]
    [InlineData("other.example.org:x", false)]
    [InlineData("other.example.org:99999", false)]
    [InlineData("[::1", false)]
    [InlineData("2001:db8::1%.example.net", false)]
    [InlineData("[2001:db8::1%.example.net]:1883", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_allowed_hosts_are_followed(string? reference, bool isFollowed)
    {
        var route = new ServerRoute([Home], ["other.example.org", "*.example.net"]);
        Assert.Equal(isFollowed, route.TryFollow(Home, ReasonCode.ServerMoved, reference));
        Assert.DoesNotContain(route.Servers, server => server.Host.StartsWith("evil", StringComparison.Ordinal));
    }

    [Fact]
    public void By_default_none_is()
    {
        Assert.False(new ServerRoute([Home], []).TryFollow(Home, ReasonCode.ServerMoved, "other.example.org"));
        Assert.False(new ServerRoute([Home], ["*"]).TryFollow(Home, ReasonCode.ServerBusy, "other.example.org"));
    }

    [Fact]
    public void Servers_of_the_own_list_are_followed_on_their_own_ports()
    {
        var route = new ServerRoute([Home, new Uri("mqtt://second.example.org:1884")], []);
        Assert.False(route.TryFollow(Home, ReasonCode.UseAnotherServer, "second.example.org"));
        Assert.True(route.TryFollow(Home, ReasonCode.UseAnotherServer, "second.example.org:1884"));
        Assert.Equal([1884, 1883], route.Servers.Select(server => server.Port));
    }

    [Fact]
    public void Another_server_is_so_until_it_fails_and_a_move_for_good()
    {
        var route = new ServerRoute([Home], ["*"]);
        Assert.True(route.TryFollow(Home, ReasonCode.UseAnotherServer, "now.example.org"));
        route.AttemptEnded(route.Servers[0]);
        Assert.Equal(["now.example.org", "home.example.org"], route.Servers.Select(server => server.Host));
        Assert.Empty(route.Before(route.Servers[0]));
        route.AttemptEnded(null);
        Assert.Equal([Home], route.Servers);
        Assert.True(route.TryFollow(Home, ReasonCode.ServerMoved, "new.example.org"));
        route.AttemptEnded(null);
        Assert.Equal(["new.example.org", "home.example.org"], route.Servers.Select(server => server.Host));
    }

    [Fact]
    public void A_circle_of_refusals_ends_with_the_attempt()
    {
        var route = new ServerRoute([Home], ["*"]);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            Assert.Equal(5, FollowAround(route.TryFollow));
            route.AttemptEnded(null);
        }
    }

    [Fact]
    public void A_circle_of_ended_connections_is_slowed_and_never_final()
    {
        var route = new ServerRoute([Home], ["*"]);
        for (var pause = 0; pause < 20; pause++)
        {
            Assert.Equal(5, FollowAround((from, code, reference) =>
            {
                var isFollowed = route.TryMove(from, code, reference);
                route.AttemptEnded(route.Servers[0]);
                return isFollowed;
            }));
            route.Rested();
        }
    }

    private static int FollowAround(Func<Uri, ReasonCode, string?, bool> follow)
    {
        var followed = 0;
        while (follow(Home, ReasonCode.UseAnotherServer, followed % 2 == 0 ? "a.example.org" : "b.example.org"))
        {
            followed++;
        }

        return followed;
    }
}
