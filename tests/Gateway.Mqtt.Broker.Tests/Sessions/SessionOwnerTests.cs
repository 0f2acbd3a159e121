using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Persistence;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

/// <summary>A session is its user's: who else knows its Client Identifier can neither end it nor have it.</summary>
public sealed class SessionOwnerTests
{
    private const string Refused5 = "20 03 00 85 00";
    private const string Refused4 = "20 02 00 02";

    private readonly HashSet<string> _gone = [];
    private readonly BrokerState _state;

    public SessionOwnerTests()
    {
        _state = new BrokerState(new BrokerLimits(), authorizer: null) { KnowsUser = user => !_gone.Contains(user ?? "anonymous") };
        _state.Advance(0);
    }

    [Theory]
    [InlineData("ann", "bob", "@resume5:a", Refused5)]
    [InlineData("ann", "bob", "@connect5:a", Refused5)]
    [InlineData("ann", "bob", "@connect4:a", Refused4)]
    [InlineData("ann", null, "@resume5:a", Refused5)]
    [InlineData(null, "bob", "@resume5:a", Refused5)]
    [InlineData("ann", "ann", "@resume5:a", "@present5")]
    [InlineData(null, null, "@resume5:a", "@present5")]
    public void Another_user_is_refused_and_the_owner_notices_nothing(string? owner, string? other, string connect, string answer)
    {
        var watcher = Connect("watcher", "@connect4:watcher 82 [ 0001 \"#\" 00 ]");
        watcher.Take();
        var first = Connect(owner, "10 [ \"MQTT\" 05 04 0000 [ 11 00000e10 ] \"a\" [ ] \"will\" \"x\" ] 82 [ 0001 [ ] \"t\" 01 ]");
        first.Take();
        var second = Connect(other, connect);
        Assert.Equal(WireText.Format(WireText.Parse(answer)), WireText.Format(second.Take()));
        var isRefused = owner != other;
        Assert.Equal(isRefused, second.IsClosed);
        Assert.Equal(!isRefused, first.IsClosed);
        Assert.Equal(isRefused ? 1 : 0, _state.Tally.ClientsRefused);
        if (isRefused)
        {
            Assert.Empty(watcher.Take());
            watcher.Send(WireText.Parse("30 [ \"t\" 'x' ]"));
            Assert.Equal(WireText.Format(WireText.Parse("30 [ \"t\" [ ] 'x' ]")), WireText.Format(first.Take()));
        }
    }

    [Fact]
    public void An_absent_clients_session_waits_for_its_user_until_it_expires()
    {
        Connect("ann", "10 [ \"MQTT\" 05 00 0000 [ 11 0000000a ] \"a\" ]").Drop();
        Assert.Equal(WireText.Format(WireText.Parse(Refused5)), WireText.Format(Connect("bob", "@resume5:a").Take()));
        _state.Advance(10_000);
        Assert.Equal(WireText.Format(WireText.Parse("@ok5")), WireText.Format(Connect("bob", "@resume5:a").Take()));
        Assert.Equal(WireText.Format(WireText.Parse(Refused5)), WireText.Format(Connect("ann", "@resume5:a").Take()));
    }

    [Theory]
    [InlineData("ann", "bob")]
    [InlineData("ann", null)]
    [InlineData(null, "bob")]
    public void The_session_of_a_user_who_is_gone_keeps_nobody_out_and_passes_to_nobody(string? owner, string? other)
    {
        Connect(owner, "@resume5:a 82 [ 0001 [ ] \"t\" 01 ]").Drop();
        Connect("carl", "@connect5:c 32 [ \"t\" 0001 [ ] 'for the owner' ]");
        _gone.Add(owner ?? "anonymous");
        Assert.Equal(WireText.Format(WireText.Parse("@ok5")), WireText.Format(Connect(other, "@resume5:a").Take()));
        Assert.Equal(0, _state.Subscriptions.Count);
        Assert.Equal(0, _state.Tally.QueuedMessages);
    }

    [Fact]
    public void Whose_a_session_is_outlives_the_broker()
    {
        var broker = new DyingBroker();
        broker.Connect("@resume5:a", "ann");
        broker.Connect("@resume5:b");
        broker.CommitAll();
        broker.Die();
        Assert.Equal(WireText.Format(WireText.Parse(Refused5)), WireText.Format(broker.Connect("@resume5:a", "bob").Take()));
        Assert.Equal(WireText.Format(WireText.Parse(Refused5)), WireText.Format(broker.Connect("@resume5:a").Take()));
        Assert.Equal(WireText.Format(WireText.Parse(Refused5)), WireText.Format(broker.Connect("@resume5:b", "bob").Take()));
        var owner = broker.Connect("@resume5:a", "ann");
        broker.CommitAll();
        Assert.Equal(WireText.Format(WireText.Parse("@present5")), WireText.Format(owner.Take()));
    }

    [Fact]
    public void A_limit_of_the_expiry_holds_for_sessions_of_a_store()
    {
        var session = _state.Sessions.Restore(new ClientIdentity("a", "ann"), uint.MaxValue, will: null, disconnectedAt: 0);
        Assert.Equal(uint.MaxValue, session.ExpiryInterval);
        var limited = new BrokerState(new BrokerLimits { SessionExpiry = TimeSpan.FromDays(1) }, authorizer: null);
        Assert.Equal(86_400u, limited.Sessions.Restore(session.Identity, uint.MaxValue, will: null, disconnectedAt: 0).ExpiryInterval);
    }

    private WireClient Connect(string? userName, string text)
    {
        var client = new WireClient(_state) { Authentication = new AuthenticationResult(ReasonCode.Success, userName) };
        client.Send(WireText.Parse(text));
        return client;
    }
}
