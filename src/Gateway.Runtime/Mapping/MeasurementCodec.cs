using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Gateway.Abstractions;

namespace Gateway.Runtime.Mapping;

/// <summary>
/// Measurements as the body of a queue record. Device and acquisition time of the record stand beside the body, in the queue's own columns.
/// </summary>
/// <remarks>
/// <code>
/// body  = version(1) entry*
/// entry = point, unit, reason: length(2, big-endian; 0xFFFF = null) UTF-8
///         quality(1) kind(1) value
/// value = Boolean 1 | Integer, Unsigned, Double 8 | Single 4 | Decimal 16 | Text as above | None 0
///       | List: count(2), then kind(1) value for each
/// </code>
/// </remarks>
public static class MeasurementCodec
{
    private const byte Version = 1;
    private const ushort Null = 0xFFFF;
    private const int LongestText = 0xFFFE;

    /// <summary>Begins a body.</summary>
    public static void WriteHeader(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write([Version]);
    }

    /// <summary>Adds one measurement to a body. A text longer than 65,534 bytes is cut at a character.</summary>
    public static void Write(IBufferWriter<byte> output, in Measurement measurement)
    {
        ArgumentNullException.ThrowIfNull(output);
        WriteText(output, measurement.Point);
        WriteText(output, measurement.Unit);
        WriteText(output, measurement.Reason);
        output.Write([(byte)measurement.Quality, (byte)measurement.Value.Kind]);
        WriteValue(output, measurement.Value);
    }

    /// <summary>Reads a body back. Throws <see cref="InvalidDataException"/> if it is none.</summary>
    /// <param name="body">The body.</param>
    /// <param name="device">The record's device.</param>
    /// <param name="point">The record's point, whose name then need not be made anew; empty if it is of the whole device.</param>
    /// <param name="time">The record's time.</param>
    /// <param name="measurements">Takes what is read.</param>
    public static void Read(ReadOnlySpan<byte> body, string device, string point, DateTimeOffset time, ICollection<Measurement> measurements)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        if (body.IsEmpty || body[0] != Version)
        {
            throw new InvalidDataException($"A queue record of {device} has an unknown form.");
        }

        var rest = body[1..];
        try
        {
            while (!rest.IsEmpty)
            {
                var name = ReadText(ref rest, point) ?? "";
                var unit = ReadText(ref rest);
                var reason = ReadText(ref rest);
                var quality = (Quality)rest[0];
                var kind = (PointValueKind)rest[1];
                rest = rest[2..];
                measurements.Add(new Measurement(device, name, ReadValue(kind, ref rest), time, quality, reason, unit));
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"A queue record of {device} is cut short.");
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"A queue record of {device} is damaged.", fault);
        }
        catch (IndexOutOfRangeException)
        {
            throw new InvalidDataException($"A queue record of {device} is cut short.");
        }
    }

    private static void WriteText(IBufferWriter<byte> output, string? text)
    {
        if (text is null)
        {
            BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), Null);
            output.Advance(2);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        if (length > LongestText)
        {
            var kept = text.AsSpan(0, LongestText / 3);
            text = (char.IsHighSurrogate(kept[^1]) ? kept[..^1] : kept).ToString();
            length = Encoding.UTF8.GetByteCount(text);
        }

        var span = output.GetSpan(2 + length);
        BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)length);
        Encoding.UTF8.GetBytes(text, span[2..]);
        output.Advance(2 + length);
    }

    private static string? ReadText(ref ReadOnlySpan<byte> rest, string expected = "")
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[2..];
        if (length == Null)
        {
            return null;
        }

        var text = Ascii.Equals(rest[..length], expected) ? expected : Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return text;
    }

    private static void WriteValue(IBufferWriter<byte> output, in PointValue value)
    {
        var span = output.GetSpan(16);
        var length = 8;
        switch (value.Kind)
        {
            case PointValueKind.None:
                return;
            case PointValueKind.Boolean:
                span[0] = value.AsBoolean ? (byte)1 : (byte)0;
                length = 1;
                break;
            case PointValueKind.Integer:
                BinaryPrimitives.WriteInt64BigEndian(span, value.AsInteger);
                break;
            case PointValueKind.Unsigned:
                BinaryPrimitives.WriteUInt64BigEndian(span, value.AsUnsigned);
                break;
            case PointValueKind.Single:
                BinaryPrimitives.WriteSingleBigEndian(span, value.AsSingle);
                length = 4;
                break;
            case PointValueKind.Double:
                BinaryPrimitives.WriteDoubleBigEndian(span, value.AsDouble);
                break;
            case PointValueKind.Decimal:
                Span<int> bits = stackalloc int[4];
                decimal.GetBits(value.AsDecimal, bits);
                for (var i = 0; i < 4; i++)
                {
                    BinaryPrimitives.WriteInt32BigEndian(span[(i * 4)..], bits[i]);
                }

                length = 16;
                break;
            case PointValueKind.List:
                BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)Math.Min(value.AsList.Length, ushort.MaxValue));
                output.Advance(2);
                foreach (var each in value.AsList[..Math.Min(value.AsList.Length, ushort.MaxValue)])
                {
                    output.Write([(byte)each.Kind]);
                    WriteValue(output, each);
                }

                return;
            default:
                WriteText(output, value.AsText);
                return;
        }

        output.Advance(length);
    }

    private static PointValue ReadValue(PointValueKind kind, ref ReadOnlySpan<byte> rest)
    {
        var (value, length) = kind switch
        {
            PointValueKind.None => (PointValue.None, 0),
            PointValueKind.Boolean => (PointValue.From(rest[0] != 0), 1),
            PointValueKind.Integer => (PointValue.From(BinaryPrimitives.ReadInt64BigEndian(rest)), 8),
            PointValueKind.Unsigned => (PointValue.From(BinaryPrimitives.ReadUInt64BigEndian(rest)), 8),
            PointValueKind.Single => (PointValue.From(BinaryPrimitives.ReadSingleBigEndian(rest)), 4),
            PointValueKind.Double => (PointValue.From(BinaryPrimitives.ReadDoubleBigEndian(rest)), 8),
            PointValueKind.Decimal => (PointValue.From(ReadDecimal(rest)), 16),
            PointValueKind.Text or PointValueKind.List => (PointValue.None, 0),
            _ => throw new InvalidDataException("A queue record holds a value of an unknown kind."),
        };
        rest = rest[length..];
        return kind switch
        {
            PointValueKind.Text => PointValue.From(ReadText(ref rest) ?? ""),
            PointValueKind.List => ReadList(ref rest),
            _ => value,
        };
    }

    private static PointValue ReadList(ref ReadOnlySpan<byte> rest)
    {
        var values = new PointValue[BinaryPrimitives.ReadUInt16BigEndian(rest)];
        rest = rest[2..];
        for (var i = 0; i < values.Length; i++)
        {
            var kind = (PointValueKind)rest[0];
            if (kind == PointValueKind.List)
            {
                throw new InvalidDataException("A queue record holds a list within a list.");
            }

            rest = rest[1..];
            values[i] = ReadValue(kind, ref rest);
        }

        return PointValue.From(values);
    }

    private static decimal ReadDecimal(ReadOnlySpan<byte> span)
    {
        Span<int> bits = stackalloc int[4];
        for (var i = 0; i < 4; i++)
        {
            bits[i] = BinaryPrimitives.ReadInt32BigEndian(span[(i * 4)..]);
        }

        return new decimal(bits);
    }
}
