using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>What an access list means for subscriptions and messages that were there before it changed.</summary>
public sealed class AccessChangeTests
{
    private static readonly AclRule All = new(AclSubject.Everyone, AclAccess.All, "#");

    private readonly AclAuthorizer _acl = new([All]);
    private readonly BrokerState _state;

    public AccessChangeTests()
    {
        _state = new BrokerState(new BrokerLimits(), _acl);
        _state.Advance(0);
    }

    [Fact]
    public void A_subscription_from_before_gets_what_the_new_rules_allow()
    {
        var reader = Connect("@connect4:r 82 [ 0001 \"#\" 00 ]");
        var writer = Connect("@connect4:w");
        _acl.Replace([All with { Access = AclAccess.Write }, All with { Access = AclAccess.Read, TopicPattern = "a" }]);
        writer.Send(WireText.Parse("30 [ \"a\" '1' ] 30 [ \"b\" '2' ]"));
        Assert.Equal(WireText.Format(WireText.Parse("30 [ \"a\" '1' ]")), WireText.Format(reader.Take()));
        _acl.Replace([All]);
        writer.Send(WireText.Parse("30 [ \"b\" '3' ]"));
        Assert.Equal(WireText.Format(WireText.Parse("30 [ \"b\" '3' ]")), WireText.Format(reader.Take()));
        Assert.Equal(1, _state.Tally.Unauthorized);
    }

    [Fact]
    public void A_message_that_waited_is_not_delivered_once_it_may_not_be_read()
    {
        var reader = Connect("@resume4:r 82 [ 0001 \"#\" 01 ]");
        reader.Drop();
        Connect("@connect4:w 32 [ \"a\" 0001 '1' ] 32 [ \"b\" 0002 '2' ]");
        _acl.Replace([All with { TopicPattern = "b" }]);
        var again = new WireClient(_state);
        again.Send(WireText.Parse("@resume4:r"));
        Assert.Equal(WireText.Format(WireText.Parse("@present4 32 [ \"b\" 0001 '2' ]")), WireText.Format(again.Take()));
        Assert.Equal(0, _state.Tally.QueuedMessages);
    }

    [Fact]
    public void A_group_gives_a_message_to_a_member_who_may_read_it()
    {
        _acl.Replace([All with { Access = AclAccess.Write | AclAccess.Subscribe }, All with { Access = AclAccess.Receive, TopicPattern = "t/%c" }]);
        var a = Connect("@connect4:a 82 [ 0001 \"$share/g/t/#\" 00 ]");
        var b = Connect("@connect4:b 82 [ 0001 \"$share/g/t/#\" 00 ]");
        Connect("@connect4:w " + string.Concat(Enumerable.Repeat("30 [ \"t/a\" ] 30 [ \"t/b\" ] 30 [ \"t/a\" ] ", 10)) + "30 [ \"t/c\" ]");
        Assert.Equal(20 * 7, a.Take().Length);
        Assert.Equal(10 * 7, b.Take().Length);
        Assert.Equal(1, _state.Tally.Unauthorized);
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("0000000a")]
    public void A_Will_that_may_not_be_published_any_more_is_not(string delay)
    {
        var reader = Connect("@connect4:r 82 [ 0001 \"#\" 00 ]");
        var clients = new[] { "a", "b" }.Select(topic => Connect($"10 [ \"MQTT\" 05 26 0000 [ 11 00000e10 ] \"will-{topic}\" [ 18 {delay} ] \"{topic}\" \"gone\" ]")).ToList();
        _acl.Replace([All with { Access = AclAccess.Read }, All with { Access = AclAccess.Write, TopicPattern = "a" }]);
        clients.ForEach(client => client.Drop());
        _state.Advance(10_000);
        Assert.Equal(WireText.Format(WireText.Parse("30 [ \"a\" 'gone' ]")), WireText.Format(reader.Take()));
        Assert.Equal(1, _state.Tally.Unauthorized);
        Assert.Equal(1, _state.Retained.Count);
    }

    private WireClient Connect(string text)
    {
        var client = new WireClient(_state);
        client.Send(WireText.Parse(text));
        client.Take();
        return client;
    }
}
