using Gateway.Mqtt.Broker.Persistence;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>What promises something leaves when the store has what it promises.</content>
internal sealed partial class ServerConnection
{
    private OutputGate _gate;

    // Of the journal, before the packet that is being handled.
    private long _versionBefore;

    // Messages that the client published and a tap has not made safe yet.
    private int _unsafeMessages;

    /// <summary>How much of <see cref="Output"/> may leave now, bytes.</summary>
    public int SendableBytes => _unsafeMessages > 0 ? 0 : _gate.Open(Output.Length);

    // A client that waits for a commit adds nothing while the disk is far behind.
    private bool IsBehindStore => _gate.IsClosed && _state.Journal.IsBehind;

    /// <inheritdoc/>
    public void Hold()
    {
        var journal = _state.Journal;
        if (!journal.IsGateOpen)
        {
            journal.OnHeld(this, isNew: !_gate.IsClosed);
            _gate.Hold(journal.NextCommit, Output.Length);
        }
    }

    /// <summary>Commits up to this one are done, or are waited for no longer.</summary>
    /// <returns>Whether something still waits for a later one.</returns>
    public bool OnCommitted(long committed)
    {
        _gate.Release(committed);
        Resume();
        MarkDirty();
        return _gate.IsClosed;
    }

    /// <summary>A message that the client published is safe.</summary>
    public void OnMessageSafe()
    {
        _unsafeMessages--;
        MarkDirty();
    }

    // The whole output waits, not the one acknowledgement: so all of them keep the order of their messages. §4.6.
    private void HoldUntilSafe()
    {
        if (_state.UnsafeUntil is { IsCompleted: false } until)
        {
            _unsafeMessages++;
            _state.Unsafe.Add((this, until));
        }
    }

    // Before an acknowledgement: it promises what its packet changed.
    private void HoldIfChanged()
    {
        if (_state.Journal.Version != _versionBefore)
        {
            Hold();
        }
    }
}
