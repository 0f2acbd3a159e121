using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// Reads the fields of one packet's body. The first error sticks, and everything read after it is a default, so that
/// decoders read straight down and ask once at the end.
/// </summary>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private const string Truncated = "The packet ends before its last field does.";

    private readonly ReadOnlySpan<byte> _body = body;
    private int _limit = body.Length;
    private ulong _seenProperties;
    private ulong _allowedProperties;

    public DecodeLimits Limits { get; init; } = DecodeLimits.None;

    public DecodeError Error { get; private set; }

    public readonly bool Failed => Error.Message is not null;

    public int Position { get; private set; }

    public readonly int Remaining => Failed ? 0 : _limit - Position;

    public void Fail(ReasonCode reasonCode, string message)
    {
        if (!Failed)
        {
            Error = new DecodeError(reasonCode, message);
        }
    }

    public byte ReadByte()
    {
        var bytes = Take(1);
        return bytes.IsEmpty ? (byte)0 : bytes[0];
    }

    /// <summary>A byte that must be 0 or 1.</summary>
    public bool ReadBoolean()
    {
        var value = ReadByte();
        if (value > 1)
        {
            Fail(ReasonCode.ProtocolError, "A property that is 0 or 1 has another value.");
        }

        return value == 1;
    }

    public ushort ReadUInt16()
    {
        var bytes = Take(2);
        return bytes.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    public uint ReadUInt32()
    {
        var bytes = Take(4);
        return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public uint ReadVariableByteInteger()
    {
        if (Failed)
        {
            return 0;
        }

        switch (VariableByteInteger.TryRead(_body[Position.._limit], out var value, out var size))
        {
            case DecodeStatus.Complete:
                Position += size;
                return value;
            case DecodeStatus.Malformed:
                Fail(ReasonCode.MalformedPacket, "A Variable Byte Integer is longer than needed.");
                return 0;
            default:
                Fail(ReasonCode.MalformedPacket, Truncated);
                return 0;
        }
    }

    /// <summary>Two bytes that are not zero. §2.2.1.</summary>
    public ushort ReadPacketIdentifier()
    {
        var value = ReadUInt16();
        if (value == 0)
        {
            Fail(ReasonCode.ProtocolError, "The Packet Identifier is zero.");
        }

        return value;
    }

    /// <summary>Binary Data: two bytes of length, then the bytes. §1.5.6.</summary>
    public ReadOnlySpan<byte> ReadBinary() => Take(ReadUInt16());

    public ReadOnlyMemory<byte> ReadBinaryCopy() => ReadBinary().ToArray();

    /// <summary>UTF-8 Encoded String, checked, not converted. §1.5.4.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        var bytes = ReadBinary();
        if (!Utf8.IsValid(bytes))
        {
            Fail(ReasonCode.MalformedPacket, "A string is not well-formed UTF-8.");
        }
        else if (bytes.Contains((byte)0))
        {
            Fail(ReasonCode.MalformedPacket, "A string contains U+0000.");
        }

        return Failed ? [] : bytes;
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadUtf8());

    /// <summary>A Topic Name; an empty one only where a Topic Alias may replace it.</summary>
    public ReadOnlySpan<byte> ReadTopicName(bool mayBeEmpty = false)
    {
        var topic = ReadUtf8();
        if (topic.ContainsAny((byte)'+', (byte)'#'))
        {
            Fail(ReasonCode.MalformedPacket, "A Topic Name contains a wildcard.");
        }
        else if (topic.IsEmpty && !mayBeEmpty)
        {
            Fail(ReasonCode.MalformedPacket, "A Topic Name is empty.");
        }

        return topic;
    }

    public string ReadTopicFilter()
    {
        var filter = ReadUtf8();
        if (!Failed && !TopicFilter.IsValid(filter))
        {
            Fail(ReasonCode.MalformedPacket, "A Topic Filter is empty or has a misplaced wildcard.");
        }

        return Encoding.UTF8.GetString(filter);
    }

    public ReadOnlySpan<byte> ReadRest() => Take(Remaining);

    /// <summary>Fails if bytes are left.</summary>
    public void ExpectEnd()
    {
        if (Remaining > 0)
        {
            Fail(ReasonCode.MalformedPacket, "Bytes follow the packet's last field.");
        }
    }

    /// <summary>
    /// Enters a property section: a length, then the properties. §2.2.2. While <see cref="NextProperty"/> answers true, the
    /// caller reads each value; then the section is left.
    /// </summary>
    public void BeginProperties(ulong allowed)
    {
        var length = ReadVariableByteInteger();
        if (length > Remaining)
        {
            Fail(ReasonCode.MalformedPacket, "The Property Length exceeds the packet.");
            return;
        }

        _limit = Position + (int)length;
        BeginPropertiesOfKnownLength(allowed);
    }

    /// <summary>The same where the section reaches to the end of what is read.</summary>
    public void BeginPropertiesOfKnownLength(ulong allowed)
    {
        _allowedProperties = allowed;
        _seenProperties = 0;
    }

    /// <summary>The bytes from here to the end of the section.</summary>
    public readonly ReadOnlySpan<byte> PeekSection() => Failed ? [] : _body[Position.._limit];

    public bool NextProperty(out PropertyIdentifier identifier)
    {
        if (Remaining == 0)
        {
            identifier = default;
            _limit = _body.Length;
            return false;
        }

        // The identifier is a Variable Byte Integer, but every one that exists fits in one byte.
        var value = ReadByte();
        identifier = (PropertyIdentifier)value;
        var bit = PropertySet.Bit(value);
        if ((_allowedProperties & bit) == 0)
        {
            Fail(ReasonCode.MalformedPacket, "A property is unknown or does not belong in this packet.");
        }
        else if ((_seenProperties & bit & ~PropertySet.Repeatable) != 0)
        {
            Fail(ReasonCode.ProtocolError, "A property that may stand once is repeated.");
        }

        _seenProperties |= bit;
        return !Failed;
    }

    /// <summary>A User Property of the packet itself.</summary>
    public void ReadUserProperty(ref List<UserProperty>? into)
    {
        if (Limits.KeepsUserProperties)
        {
            ReadForwardedUserProperty(ref into);
        }
        else
        {
            ReadUtf8();
            ReadUtf8();
        }
    }

    /// <summary>A User Property that goes to subscribers.</summary>
    public void ReadForwardedUserProperty(ref List<UserProperty>? into)
    {
        var property = new UserProperty(ReadString(), ReadString());
        if (!Failed)
        {
            (into ??= []).Add(property);
        }
    }

    /// <summary>A property whose value may not be zero.</summary>
    public ushort ReadNonZeroUInt16()
    {
        var value = ReadUInt16();
        if (value == 0)
        {
            Fail(ReasonCode.ProtocolError, "A property that may not be zero is zero.");
        }

        return value;
    }

    /// <inheritdoc cref="ReadNonZeroUInt16"/>
    public uint ReadNonZeroUInt32()
    {
        var value = ReadUInt32();
        if (value == 0)
        {
            Fail(ReasonCode.ProtocolError, "A property that may not be zero is zero.");
        }

        return value;
    }

    public uint ReadSubscriptionIdentifier()
    {
        var value = ReadVariableByteInteger();
        if (value == 0)
        {
            Fail(ReasonCode.ProtocolError, "A Subscription Identifier is zero.");
        }

        return value;
    }

    public ReasonCode ReadReasonCode(PacketType packetType)
    {
        var value = (ReasonCode)ReadByte();
        if (!Failed && !ReasonCodes.IsAllowedIn(packetType, value))
        {
            Fail(ReasonCode.ProtocolError, "The Reason Code does not belong in this packet.");
        }

        return value;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (Failed || length == 0)
        {
            return [];
        }

        if (length > _limit - Position)
        {
            Fail(ReasonCode.MalformedPacket, Truncated);
            return [];
        }

        var bytes = _body.Slice(Position, length);
        Position += length;
        return bytes;
    }
}
