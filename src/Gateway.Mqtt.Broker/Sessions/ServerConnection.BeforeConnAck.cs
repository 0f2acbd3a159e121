using System.Buffers;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>What is kept for a client that is not let in yet: so much for each, and so much for all of them.</content>
internal sealed partial class ServerConnection
{
    /// <summary>The longest packet before CONNACK, bytes; less where <see cref="BrokerLimits.PacketSize"/> is. A Will of 64 kB has room.</summary>
    public const int LongestBeforeConnAck = 256 * 1024;

    /// <summary>Bytes that are kept for all clients before CONNACK, but for <see cref="Modest"/> of each.</summary>
    public const int MostBeforeConnAck = 32 * 1024 * 1024;

    /// <summary>What an honest CONNECT seldom exceeds, bytes: so much is kept for each client, however much the others have.</summary>
    private const int Modest = 4096;

    // 2 bytes, "MQTT", and 5: what the body of a CONNECT of 5.0 begins with.
    private static ReadOnlySpan<byte> Mqtt5 => [0x00, 0x04, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 0x05];

    // What a decoded CONNECT and the last AUTH take, bytes.
    private long _decoded;
    private long _kept;

    private uint LongestPacket => (uint)(Phase == ConnectionPhase.Connected ? _state.Limits.PacketSize : Math.Min(_state.Limits.PacketSize, LongestBeforeConnAck));

    /// <summary>Counts what is kept until it is let in. False: it is too much, and the connection is closed.</summary>
    /// <param name="bytes">What was received in this call and those before, and not consumed before it.</param>
    /// <param name="consumed">How many of them are consumed now.</param>
    private bool TryKeep(in ReadOnlySequence<byte> bytes, long consumed)
    {
        if (Phase is ConnectionPhase.Connected or ConnectionPhase.Closed)
        {
            return true;
        }

        CountKept(bytes.Length - consumed + _decoded);
        if (_kept <= Modest || _state.Tally.BytesBeforeConnAck <= MostBeforeConnAck)
        {
            return true;
        }

        RefuseFor(new CloseReason(ReasonCode.ServerBusy, "too much is kept for clients that are not let in yet"), bytes);
        return false;
    }

    private void CountKept(long kept)
    {
        _state.Tally.BytesBeforeConnAck += kept - _kept;
        _kept = kept;
    }

    /// <summary>It is let in, or gone.</summary>
    private void KeepNothing()
    {
        _decoded = 0;
        CountKept(0);
    }

    // MQTT 5.0 §3.2.2.2: only of a client whose version has been read can be said how it wants to be told.
    private void RefuseFor(CloseReason reason, in ReadOnlySequence<byte> bytes)
    {
        if (Phase != ConnectionPhase.AwaitingConnect || IsConnectOf5(bytes))
        {
            Refuse(reason.ReasonCode, reason.Message);
        }
        else
        {
            _state.Tally.ClientsRefused++;
            Close(reason with { IsError = true });
        }
    }

    private void OnUnreadable(DecodeError error, in ReadOnlySequence<byte> bytes)
    {
        if (Phase != ConnectionPhase.Connected && error.ReasonCode == ReasonCode.PacketTooLarge)
        {
            RefuseFor(new CloseReason(error.ReasonCode, error.Message), bytes);
        }
        else
        {
            Fail(error);
        }
    }

    private static bool IsConnectOf5(in ReadOnlySequence<byte> bytes)
    {
        var reader = new SequenceReader<byte>(bytes);
        if (!reader.TryRead(out var type) || type != (byte)PacketType.Connect << 4)
        {
            return false;
        }

        // The Remaining Length ends with the first byte that has no bit 7.
        while (reader.TryRead(out var length) && (length & 0x80) != 0)
        {
        }

        return reader.IsNext(Mqtt5);
    }
}
