using System.Text;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Fields;

/// <summary>What bytes hold.</summary>
internal enum BinaryType
{
    /// <summary>An unsigned whole number.</summary>
    Unsigned,

    /// <summary>A whole number in two's complement.</summary>
    Signed,

    /// <summary>An IEEE 754 number.</summary>
    Float,

    /// <summary>A text; NUL and spaces at its end are trimmed.</summary>
    Text,

    /// <summary>One bit.</summary>
    Bit,
}

/// <summary>Bytes at an offset of the frame.</summary>
/// <param name="At">From the frame's first byte; negative: from behind its last.</param>
/// <param name="Type">What they hold.</param>
/// <param name="Size">How many there are: at most 8 of a number.</param>
/// <param name="Order">The order of the bytes of a number, for each byte of the value from the highest its letter: ABCD is that of the network.</param>
/// <param name="Bit">Which bit, from the lowest; with <see cref="BinaryType.Bit"/>.</param>
internal sealed record BinaryField(int At, BinaryType Type, int Size, string Order, int Bit) : IField
{
    public DecodedValue? Read(FrameView frame, PointDefinition point)
    {
        var at = At < 0 ? frame.Bytes.Length + At : At;
        if (at < 0 || at + Size > frame.Bytes.Length)
        {
            return null;
        }

        var bytes = frame.Bytes.AsSpan(at, Size);
        return DecodedValue.Good(point, Type switch
        {
            BinaryType.Text => PointValue.From(Encoding.Latin1.GetString(bytes).TrimEnd('\0', ' ')),
            BinaryType.Bit => PointValue.From((Unsigned(bytes) >> Bit & 1) != 0),
            BinaryType.Float when Size == 4 => PointValue.From(BitConverter.UInt32BitsToSingle((uint)Unsigned(bytes))),
            BinaryType.Float => PointValue.From(BitConverter.UInt64BitsToDouble(Unsigned(bytes))),
            BinaryType.Signed => PointValue.From((long)(Unsigned(bytes) << (64 - (8 * Size))) >> (64 - (8 * Size))),
            _ => PointValue.From(Unsigned(bytes)),
        });
    }

    private ulong Unsigned(ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var i = 0; i < Size; i++)
        {
            value = (value << 8) | bytes[PlaceOf(i)];
        }

        return value;
    }

    // The place of the value's byte i, counted from the highest. BADC swaps the bytes of each pair, CDAB the pairs, DCBA both.
    private int PlaceOf(int i) => Order switch
    {
        "DCBA" => Size - 1 - i,
        "BADC" when Size % 2 == 0 => i ^ 1,
        "CDAB" when Size % 2 == 0 => Size - 2 - (i & ~1) + (i & 1),
        _ => i,
    };
}
