using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker;

/// <summary>
/// What one turn of the broker left to do once others may have theirs: one write per connection that has something
/// to send, connections to close, events to raise. Kept per thread and reused.
/// </summary>
internal sealed class TurnResults
{
    [ThreadStatic]
    private static TurnResults? _spare;

    private readonly List<(ServerConnection Connection, ArraySegment<byte> Piece)> _sends = [];
    private readonly List<(IConnectionTransport Transport, bool Abort)> _closes = [];

    public List<BrokerEvent> Events { get; } = [];

    /// <summary>A turn may begin while the results of another are handled on the same thread: that one gets its own.</summary>
    public static TurnResults Rent()
    {
        var results = _spare ?? new TurnResults();
        _spare = null;
        return results;
    }

    /// <summary>Takes what the turn left in the state.</summary>
    public void Take(BrokerState state)
    {
        foreach (var connection in state.Dirty)
        {
            connection.ClearDirty();
            if (connection.IsAborted)
            {
                _closes.Add((connection.Transport, true));
            }
            else if (connection.BytesBeingSent == 0)
            {
                Take(connection);
            }
        }

        state.Dirty.Clear();
        if (state.Events.Count > 0)
        {
            Events.AddRange(state.Events);
            state.Events.Clear();
        }
    }

    /// <summary>Sends and closes.</summary>
    public void Run()
    {
        foreach (var (connection, piece) in _sends)
        {
            connection.Transport.Send(connection, piece);
        }

        foreach (var (transport, abort) in _closes)
        {
            transport.Close(abort);
        }
    }

    public void Return()
    {
        _sends.Clear();
        _closes.Clear();
        Events.Clear();
        _spare = this;
    }

    private void Take(ServerConnection connection)
    {
        if (connection.Output.Length > 0)
        {
            _sends.Add((connection, connection.DetachOutput()));
        }
        else if (connection.Phase == ConnectionPhase.Closed)
        {
            _closes.Add((connection.Transport, false));
        }
    }
}
