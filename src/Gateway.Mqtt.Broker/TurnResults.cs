using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker;

/// <summary>
/// What one turn of the broker left to do once others may have theirs: one write per pipe that has something to send,
/// pipes to close, what is to be logged, taps to wait for. Plain sockets are done by then. Kept per thread and reused.
/// </summary>
internal sealed class TurnResults
{
    [ThreadStatic]
    private static TurnResults? _spare;

    private readonly List<(PipeTransport Transport, ServerConnection Connection, ArraySegment<byte> Piece)> _sends = [];
    private readonly List<(PipeTransport Transport, bool Abort)> _closes = [];

    public List<BrokerEvent> Events { get; } = [];

    /// <summary>Connections that were closed for an error.</summary>
    public List<ServerConnection> Faulted { get; } = [];

    /// <summary>Connections that published what a tap has to make safe, and until when that takes.</summary>
    public List<(ServerConnection Publisher, Task Until)> Unsafe { get; } = [];

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
        // One that is lost while it is flushed may leave a Will, and so make others dirty.
        for (var i = 0; i < state.Dirty.Count; i++)
        {
            var connection = state.Dirty[i];
            connection.ClearDirty();
            connection.Transport.Flush(connection, this);
        }

        state.Dirty.Clear();
        if (state.Faulted.Count > 0)
        {
            Faulted.AddRange(state.Faulted);
            state.Faulted.Clear();
        }

        if (state.Unsafe.Count > 0)
        {
            Unsafe.AddRange(state.Unsafe);
            state.Unsafe.Clear();
        }

        if (state.Events.Count > 0)
        {
            Events.AddRange(state.Events);
            state.Events.Clear();
        }
    }

    /// <summary>The transport sends the piece after the turn.</summary>
    public void Send(PipeTransport transport, ServerConnection connection, ArraySegment<byte> piece) => _sends.Add((transport, connection, piece));

    /// <summary>The transport closes after the turn.</summary>
    public void Close(PipeTransport transport, bool abort) => _closes.Add((transport, abort));

    /// <summary>Sends and closes.</summary>
    public void Run()
    {
        foreach (var (transport, connection, piece) in _sends)
        {
            transport.Send(connection, piece);
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
        Unsafe.Clear();
        Events.Clear();
        Faulted.Clear();
        _spare = this;
    }
}
