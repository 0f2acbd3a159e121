using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>One whole packet in the receive buffer, not decoded yet. Valid until the reader that made it reads again or is disposed.</summary>
public readonly ref struct PacketFrame
{
    internal PacketFrame(FixedHeader header, ReadOnlySpan<byte> body)
    {
        Header = header;
        Body = body;
    }

    /// <summary>The checked fixed header.</summary>
    public FixedHeader Header { get; }

    /// <summary>Variable header and payload: exactly Remaining Length bytes.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Packet type.</summary>
    public PacketType Type => Header.Type;
}
