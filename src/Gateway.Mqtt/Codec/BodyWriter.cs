using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// Writes the fields of one packet. Every packet is written twice by the same code: first by a writer without memory, which
/// only counts, then into a span of exactly that size.
/// </summary>
internal ref struct BodyWriter
{
    private readonly Span<byte> _span;
    private readonly bool _isMeasuring;

    private BodyWriter(Span<byte> span, bool isMeasuring)
    {
        _span = span;
        _isMeasuring = isMeasuring;
    }

    public int Position { get; private set; }

    public static BodyWriter Measure() => new([], isMeasuring: true);

    public static BodyWriter Into(Span<byte> span) => new(span, isMeasuring: false);

    public void WriteByte(byte value)
    {
        if (!_isMeasuring)
        {
            _span[Position] = value;
        }

        Position++;
    }

    public void WriteUInt16(ushort value)
    {
        if (!_isMeasuring)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_span[Position..], value);
        }

        Position += 2;
    }

    public void WriteUInt32(uint value)
    {
        if (!_isMeasuring)
        {
            BinaryPrimitives.WriteUInt32BigEndian(_span[Position..], value);
        }

        Position += 4;
    }

    public void WriteVariableByteInteger(uint value)
    {
        if (value > VariableByteInteger.MaximumValue)
        {
            throw new MqttException($"The length or identifier {value} is above {VariableByteInteger.MaximumValue}, the most that MQTT can express.");
        }

        if (!_isMeasuring)
        {
            VariableByteInteger.Write(_span[Position..], value);
        }

        Position += VariableByteInteger.Measure(value);
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        if (!_isMeasuring)
        {
            value.CopyTo(_span[Position..]);
        }

        Position += value.Length;
    }

    /// <summary>Binary Data. §1.5.6.</summary>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        WriteUInt16(CheckLength(value.Length));
        WriteBytes(value);
    }

    /// <summary>UTF-8 Encoded String. §1.5.4.</summary>
    public void WriteString(string value)
    {
        if (_isMeasuring)
        {
            Position += 2 + CheckLength(Encoding.UTF8.GetByteCount(value));
            return;
        }

        var status = Utf8.FromUtf16(value, _span[(Position + 2)..], out _, out var written, replaceInvalidSequences: false);
        if (status != OperationStatus.Done || value.Contains('\0', StringComparison.Ordinal))
        {
            throw new MqttException("A string with U+0000 or a lone surrogate cannot be sent in MQTT.");
        }

        WriteUInt16((ushort)written);
        Position += written;
    }

    /// <summary>Leaves room for a length that <see cref="EndLength"/> fills in.</summary>
    public int BeginLength() => Position++;

    /// <summary>Writes, as a Variable Byte Integer at the mark, how much was written since; what was written moves up if the
    /// length needs more than the one byte that was left.</summary>
    public void EndLength(int mark)
    {
        var length = Position - mark - 1;
        var extra = VariableByteInteger.Measure((uint)length) - 1;
        if (!_isMeasuring)
        {
            _span.Slice(mark + 1, length).CopyTo(_span[(mark + 1 + extra)..]);
        }

        Position = mark;
        WriteVariableByteInteger((uint)length);
        Position += length;
    }

    public void WriteProperty(PropertyIdentifier identifier, byte value)
    {
        WriteByte((byte)identifier);
        WriteByte(value);
    }

    public void WriteProperty(PropertyIdentifier identifier, ushort value)
    {
        WriteByte((byte)identifier);
        WriteUInt16(value);
    }

    public void WriteProperty(PropertyIdentifier identifier, uint value)
    {
        WriteByte((byte)identifier);
        WriteUInt32(value);
    }

    /// <summary>Nothing if the value is null.</summary>
    public void WriteProperty(PropertyIdentifier identifier, string? value)
    {
        if (value is not null)
        {
            WriteByte((byte)identifier);
            WriteString(value);
        }
    }

    /// <inheritdoc cref="WriteProperty(PropertyIdentifier, string?)"/>
    public void WriteProperty(PropertyIdentifier identifier, ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
        {
            WriteByte((byte)identifier);
            WriteBinary(bytes.Span);
        }
    }

    /// <summary>Nothing if the value is the one that absence means.</summary>
    public void WriteFlag(PropertyIdentifier identifier, bool value, bool absentMeans)
    {
        if (value != absentMeans)
        {
            WriteProperty(identifier, (byte)(value ? 1 : 0));
        }
    }

    public void WriteSubscriptionIdentifier(uint value)
    {
        WriteByte((byte)PropertyIdentifier.SubscriptionIdentifier);
        WriteVariableByteInteger(value);
    }

    public void WriteUserProperties(IReadOnlyList<UserProperty> properties)
    {
        // By index: an enumerator of the interface would be allocated.
        for (var i = 0; i < properties.Count; i++)
        {
            WriteByte((byte)PropertyIdentifier.UserProperty);
            WriteString(properties[i].Name);
            WriteString(properties[i].Value);
        }
    }

    private static ushort CheckLength(int length) => length <= ushort.MaxValue
        ? (ushort)length
        : throw new MqttException($"A field of {length} bytes cannot be sent: MQTT's limit is {ushort.MaxValue}.");
}
