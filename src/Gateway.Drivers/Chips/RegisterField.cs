using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Chips;

/// <summary>What a register's bytes hold.</summary>
internal enum RegisterContent
{
    /// <summary>An unsigned whole number.</summary>
    Unsigned,

    /// <summary>A whole number in two's complement.</summary>
    Signed,

    /// <summary>An IEEE 754 number of 4 or 8 bytes.</summary>
    Float,

    /// <summary>False if all bits are 0.</summary>
    Boolean,

    /// <summary>A text; NUL and spaces at its end are trimmed.</summary>
    Text,
}

/// <summary>A value in the bytes of a register, both ways. Immutable, pure.</summary>
/// <param name="Content">What the bytes hold.</param>
/// <param name="Size">How many there are: at most 8, but of a text.</param>
/// <param name="Order">Their order: for each byte on the wire its letter, A being the highest of the value.</param>
/// <param name="Lowest">The lowest bit of the value.</param>
/// <param name="Width">How many bits it has.</param>
internal sealed partial record RegisterField(RegisterContent Content, int Size, string Order, int Lowest, int Width)
{
    /// <summary>The orders that a map may name.</summary>
    public static readonly IReadOnlyList<string> Orders = ["ABCD", "CDAB", "BADC", "DCBA"];

    /// <summary>Whether it is a part of the bytes only, so that a write needs to know the others.</summary>
    public bool IsPart => Width < 8 * Size && Content != RegisterContent.Text;

    /// <summary>The field that the keys of a section describe; what is wrong is reported.</summary>
    public static RegisterField Parse(Settings settings, ICollection<Diagnostic> diagnostics)
    {
        void Refuse(string key, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));

        var type = settings.Get<string>("type");
        var isText = type == "string";
        if (isText != settings.IsWritten("length"))
        {
            Refuse(isText ? "type" : "length", isText ? "a string needs 'length', for example length: 8" : "'length' is for 'type: string'");
        }

        if (isText)
        {
            return new(RegisterContent.Text, settings.TryGet<long>("length", out var length) ? (int)length : 1, "ABCD", 0, 0);
        }

        var size = type == "bool" ? 1 : int.Parse(type.AsSpan(type.IndexOfAny([.. "123468"])), CultureInfo.InvariantCulture) / 8;
        var content = type[0] switch
        {
            'f' => RegisterContent.Float,
            'i' => RegisterContent.Signed,
            'b' => RegisterContent.Boolean,
            _ => RegisterContent.Unsigned,
        };
        var order = settings.Get<string>("order");
        if (order is "CDAB" or "BADC" && size % 2 != 0)
        {
            Refuse("order", $"'order: {order}' is for values of 2, 4 or 8 bytes; 'type: {type}' has {size}: use ABCD or DCBA");
        }

        var field = new RegisterField(content, size, order, 0, 8 * size);
        var isNumber = content is RegisterContent.Unsigned or RegisterContent.Signed;
        if (settings.TryGet<long>("bit", out var bit))
        {
            if (!isNumber || bit >= 8 * size)
            {
                Refuse("bit", isNumber ? $"'bit' must be between 0 and {(8 * size) - 1} in {type}" : $"'bit' is for whole numbers, not for {type}");
            }

            return field with { Content = RegisterContent.Boolean, Lowest = (int)bit, Width = 1 };
        }

        if (!settings.TryGet<string>("bits", out var bits))
        {
            return field;
        }

        if (isNumber && Span().Match(bits) is { Success: true } span
            && int.Parse(span.Groups[1].ValueSpan, CultureInfo.InvariantCulture) is var lowest
            && int.Parse(span.Groups[2].ValueSpan, CultureInfo.InvariantCulture) is var highest
            && lowest <= highest && highest < 8 * size)
        {
            return field with { Lowest = lowest, Width = highest - lowest + 1 };
        }

        Refuse("bits", isNumber
            ? $"'bits' must be the lowest and the highest bit, 0 to {(8 * size) - 1} here, such as 'bits: 4-7', found '{bits}'"
            : $"'bits' is for whole numbers, not for {type}");
        return field;
    }

    /// <summary>What the bytes say.</summary>
    public PointValue Decode(ReadOnlySpan<byte> bytes)
    {
        if (Content == RegisterContent.Text)
        {
            return PointValue.From(Encoding.Latin1.GetString(bytes[..Size]).TrimEnd('\0', ' '));
        }

        var value = Gather(bytes) >> Lowest & Mask;
        return Content switch
        {
            RegisterContent.Boolean => PointValue.From(value != 0),
            RegisterContent.Float when Size == 4 => PointValue.From(BitConverter.UInt32BitsToSingle((uint)value)),
            RegisterContent.Float => PointValue.From(BitConverter.UInt64BitsToDouble(value)),
            RegisterContent.Signed => PointValue.From((long)(value << (64 - Width)) >> (64 - Width)),
            _ => PointValue.From(value),
        };
    }

    /// <summary>Writes a value into the bytes; other bits than its own stay.</summary>
    /// <param name="point">The point, for errors and for the steps of a scaled one.</param>
    /// <param name="value">The raw value.</param>
    /// <param name="bytes">Where it goes.</param>
    /// <returns>Null, or why the value does not suit; nothing was written then.</returns>
    public string? Encode(PointDefinition point, PointValue value, Span<byte> bytes)
    {
        ulong bits;
        switch (Content)
        {
            case RegisterContent.Text:
                var text = value.ToString();
                if (text.Length > Size || text.Any(character => character > 0xFF))
                {
                    return $"'{value}' does not fit the {Size} bytes of {point}";
                }

                bytes[..Size].Clear();
                Encoding.Latin1.GetBytes(text, bytes);
                return null;
            case RegisterContent.Boolean:
                if (value.Kind != PointValueKind.Boolean && !value.IsNumber)
                {
                    return $"'{value}' is neither true nor false";
                }

                bits = value.Kind == PointValueKind.Boolean ? value.AsBoolean ? 1UL : 0 : value.TryGetNumber(out var truth) && truth == 0 ? 0 : 1UL;
                break;
            case RegisterContent.Float:
                if (!value.TryGetNumber(out var real))
                {
                    return $"'{value}' is not a number";
                }

                bits = Size == 4 ? BitConverter.SingleToUInt32Bits((float)real) : BitConverter.DoubleToUInt64Bits((double)real);
                break;
            default:
                if (!TryGetWhole(point, value, out var number))
                {
                    return $"'{value}' is not a whole number from {Smallest} to {Largest}";
                }

                bits = number < 0 ? (ulong)(long)number : (ulong)number;
                break;
        }

        Scatter((Gather(bytes) & ~(Mask << Lowest)) | ((bits & Mask) << Lowest), bytes);
        return null;
    }

    private ulong Mask => ulong.MaxValue >> (64 - Width);

    private decimal Largest => Content == RegisterContent.Signed ? Mask >> 1 : Mask;

    private decimal Smallest => Content == RegisterContent.Signed ? -(decimal)(Mask >> 1) - 1 : 0;

    /// <summary>A scaled point has steps: 21.57 in steps of 0.1 is written as 21.6.</summary>
    private bool TryGetWhole(PointDefinition point, PointValue value, out decimal number)
    {
        number = value.Kind == PointValueKind.Boolean && value.AsBoolean ? 1 : 0;
        if (value.Kind != PointValueKind.Boolean && !value.TryGetNumber(out number))
        {
            return false;
        }

        number = point is { Scale: 1, Offset: 0 } ? number : decimal.Round(number, MidpointRounding.AwayFromZero);
        return decimal.IsInteger(number) && number >= Smallest && number <= Largest;
    }

    private ulong Gather(ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var i = 0; i < Size; i++)
        {
            value = (value << 8) | bytes[PlaceOf(i)];
        }

        return value;
    }

    private void Scatter(ulong value, Span<byte> bytes)
    {
        for (var i = Size - 1; i >= 0; i--)
        {
            bytes[PlaceOf(i)] = (byte)value;
            value >>= 8;
        }
    }

    // The place of the value's byte i, counted from the highest. BADC swaps the bytes of each pair, CDAB the pairs, DCBA both.
    private int PlaceOf(int i) => Order switch
    {
        "DCBA" => Size - 1 - i,
        "BADC" => i ^ 1,
        "CDAB" => Size - 2 - (i & ~1) + (i & 1),
        _ => i,
    };

    [GeneratedRegex(@"^([0-9]{1,2}) ?- ?([0-9]{1,2})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Span();
}
