using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Persistence;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Persistence;

/// <summary>The broker's state with a store, whose commits and deaths the test decides on; no thread, no clock.</summary>
internal sealed class DyingBroker
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LocalInterval = TimeSpan.FromMinutes(15);

    private readonly BrokerLimits _limits;
    private DateTimeOffset _time = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);
    private long _now;

    public DyingBroker(BrokerLimits? limits = null)
    {
        _limits = limits ?? new BrokerLimits();
        State = Boot();
    }

    public BrokerState State { get; private set; }

    public MemoryStore Store { get; } = new();

    public WireClient Connect(string text, string? userName = null)
    {
        var client = new WireClient(State) { Authentication = new AuthenticationResult(ReasonCode.Success, userName) };
        client.Send(WireText.Parse(text));
        return client;
    }

    public void Advance(TimeSpan time)
    {
        _time += time;
        _now += (long)time.TotalMilliseconds;
        State.Advance(_now);
    }

    /// <summary>Hands over what is due, as the writer would.</summary>
    public BrokerChanges? Take() => State.Journal.Take(_time)?.ToChanges();

    /// <summary>Commits what is due, and says so.</summary>
    public BrokerChanges? Commit()
    {
        if (Take() is not { } changes)
        {
            return null;
        }

        Store.Apply(changes);
        State.Journal.OnCommitted();
        return changes;
    }

    /// <summary>Commits until nothing waits.</summary>
    public void CommitAll()
    {
        while (State.Journal.IsReady)
        {
            Commit();
        }
    }

    /// <summary>The process is gone, and another one begins with what was committed.</summary>
    public void Die() => State = Boot();

    private BrokerState Boot()
    {
        var state = new BrokerState(_limits, authorizer: null);
        state.Advance(_now);
        new Restoration(state, _time).Run(Store.Rows, Interval, LocalInterval);
        return state;
    }
}
