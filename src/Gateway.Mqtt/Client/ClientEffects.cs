using System.Buffers;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Client;

/// <summary>Collects the session's effects under the client's lock, to be carried out after it is released.</summary>
/// <param name="store">Keeps what is under way at QoS 2; null: nobody does.</param>
internal sealed class ClientEffects(ISessionStore? store = null) : IClientSessionSink
{
    private static readonly List<ClientEffect> None = [];

    private List<ClientEffect> _effects = [];
    private List<ClientEffect>? _spare;
    private List<OutgoingPublish> _gathering = [];
    private List<OutgoingPublish> _writing = [];

    public OutputBuffer Buffer { get; } = new();

    /// <summary>Called under the lock within the session's transition to connected, before anything that waits is sent.</summary>
    public Action<ConnAckPacket>? OnConnected { get; set; }

    public IBufferWriter<byte> Output => Buffer;

    public bool IsOutputFull => Buffer.IsFull;

    /// <summary>Takes what is to be done; <see cref="Recycle"/> takes the list back.</summary>
    public List<ClientEffect> Take()
    {
        if (_effects.Count == 0)
        {
            return None;
        }

        var taken = _effects;
        _effects = Interlocked.Exchange(ref _spare, null) ?? [];
        return taken;
    }

    /// <summary>Takes back a list that is done with. Needs no lock.</summary>
    public void Recycle(List<ClientEffect> effects)
    {
        if (effects != None)
        {
            effects.Clear();
            Interlocked.Exchange(ref _spare, effects);
        }
    }

    /// <summary>Takes the bytes to write, and with them the QoS 0 messages that end when they are written.</summary>
    public ReadOnlyMemory<byte> TakeOutput()
    {
        (_gathering, _writing) = (_writing, _gathering);
        return Buffer.Take();
    }

    /// <summary>What was taken is written.</summary>
    public void OutputWritten()
    {
        EndWritten(_writing, PublishOutcome.Accepted, ReasonCode.Success);
    }

    /// <summary>The connection is gone with what was not written.</summary>
    public void OutputLost()
    {
        EndWritten(_writing, PublishOutcome.Abandoned, ReasonCode.UnspecifiedError);
        EndWritten(_gathering, PublishOutcome.Abandoned, ReasonCode.UnspecifiedError);
        Buffer.Clear();
    }

    public void Connected(ConnAckPacket packet)
    {
        _effects.Add(new(ClientEffectKind.Connected, packet));
        OnConnected?.Invoke(packet);
    }

    public void Refused(ConnAckPacket packet) => _effects.Add(new(ClientEffectKind.Refused, packet));

    public void AuthenticationContinues(ReadOnlyMemory<byte>? data) => _effects.Add(new(ClientEffectKind.AuthenticationContinues, data));

    public void AuthenticationEnds(ReadOnlyMemory<byte>? data) => _effects.Add(new(ClientEffectKind.AuthenticationEnds, data));

    public void MessageReceived(PublishPacket packet, in Receipt receipt) =>
        _effects.Add(new(ClientEffectKind.MessageReceived, packet, Receipt: receipt));

    public void MessageWritten(in OutgoingPublish publish) => _gathering.Add(publish);

    public bool MayLeave(ushort packetIdentifier, in OutgoingPublish publish) =>
        !IsKept(publish) || store!.TryKeep(packetIdentifier, publish.Token);

    public bool MayRelease(ushort packetIdentifier, in OutgoingPublish publish) =>
        !IsKept(publish) || store!.TryForget(packetIdentifier, publish.Token);

    public void PublishEnded(in OutgoingPublish publish, PublishResult result) =>
        _effects.Add(new(ClientEffectKind.PublishEnded, Publish: publish, Result: result));

    public void RequestAnswered(object request, IReadOnlyList<ReasonCode> reasonCodes) =>
        _effects.Add(new(ClientEffectKind.RequestAnswered, (request, reasonCodes)));

    public void RequestLost(object request) => _effects.Add(new(ClientEffectKind.RequestLost, request));

    public void Ended(SessionEnd end) => _effects.Add(new(ClientEffectKind.Ended, end));

    // What was inherited without its message, and what somebody awaits in this process, the store knows nothing of.
    private bool IsKept(in OutgoingPublish publish) => store is not null && publish is { Message: not null, Completion: not PublishWaiter };

    private void EndWritten(List<OutgoingPublish> publishes, PublishOutcome outcome, ReasonCode reasonCode)
    {
        foreach (var publish in publishes)
        {
            PublishEnded(publish, new PublishResult(outcome, reasonCode));
        }

        publishes.Clear();
    }
}
