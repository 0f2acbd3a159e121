using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Gateway.Abstractions;

/// <summary>
/// One value of a point, raw or scaled, without boxing: nothing, a bit, a number, a text or a list of those. Immutable.
/// Two values are equal when kind and content are; <see cref="TryGetNumber"/> compares across numeric kinds.
/// </summary>
public readonly struct PointValue : IEquatable<PointValue>
{
    private readonly decimal _bits; // sixteen bytes that every kind but Text and List is laid into
    private readonly object? _object; // a string or a PointValue[]

    private PointValue(PointValueKind kind, decimal bits, object? content = null)
    {
        Kind = kind;
        _bits = bits;
        _object = content;
    }

    /// <summary>No value.</summary>
    public static PointValue None => default;

    /// <summary>What this value holds.</summary>
    public PointValueKind Kind { get; }

    /// <summary>True for every numeric kind; a bit is not a number.</summary>
    public bool IsNumber => Kind is >= PointValueKind.Integer and <= PointValueKind.Decimal;

    /// <summary>The bit. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public bool AsBoolean => Kind == PointValueKind.Boolean ? _bits != 0 : throw WrongKind(PointValueKind.Boolean);

    /// <summary>The whole number. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public long AsInteger => Kind == PointValueKind.Integer ? (long)_bits : throw WrongKind(PointValueKind.Integer);

    /// <summary>The unsigned whole number. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public ulong AsUnsigned => Kind == PointValueKind.Unsigned ? (ulong)_bits : throw WrongKind(PointValueKind.Unsigned);

    /// <summary>The 32-bit number. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public float AsSingle => Kind == PointValueKind.Single ? BitConverter.Int32BitsToSingle((int)_bits) : throw WrongKind(PointValueKind.Single);

    /// <summary>The 64-bit number. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public double AsDouble => Kind == PointValueKind.Double ? BitConverter.Int64BitsToDouble((long)_bits) : throw WrongKind(PointValueKind.Double);

    /// <summary>The decimal number. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public decimal AsDecimal => Kind == PointValueKind.Decimal ? _bits : throw WrongKind(PointValueKind.Decimal);

    /// <summary>The text. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public string AsText => Kind == PointValueKind.Text ? (string)_object! : throw WrongKind(PointValueKind.Text);

    /// <summary>The values of the list. Throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public ReadOnlySpan<PointValue> AsList => Kind == PointValueKind.List ? (PointValue[])_object! : throw WrongKind(PointValueKind.List);

    /// <summary>A bit.</summary>
    public static PointValue From(bool value) => new(PointValueKind.Boolean, value ? 1 : 0);

    /// <summary>A whole number.</summary>
    public static PointValue From(long value) => new(PointValueKind.Integer, value);

    /// <summary>A whole number; one that fits Int64 is an <see cref="PointValueKind.Integer"/>.</summary>
    public static PointValue From(ulong value) => new(value <= long.MaxValue ? PointValueKind.Integer : PointValueKind.Unsigned, value);

    /// <summary>A number of 32 bits.</summary>
    public static PointValue From(float value) => new(PointValueKind.Single, BitConverter.SingleToInt32Bits(value));

    /// <summary>A number of 64 bits.</summary>
    public static PointValue From(double value) => new(PointValueKind.Double, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A decimal number.</summary>
    public static PointValue From(decimal value) => new(PointValueKind.Decimal, value);

    /// <summary>A text.</summary>
    public static PointValue From(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(PointValueKind.Text, 0, value);
    }

    /// <summary>Several values, none of them a list. The array must not be changed afterwards.</summary>
    public static PointValue From(PointValue[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(PointValueKind.List, 0, values);
    }

    /// <summary>
    /// The number as a decimal. A binary fraction is taken by its shortest text, so 230.1f is 230.1.
    /// False for NaN, an infinity, a number outside ±7.9e28 and everything that is not a number.
    /// </summary>
    public bool TryGetNumber(out decimal number)
    {
        number = 0;
        switch (Kind)
        {
            case PointValueKind.Integer or PointValueKind.Unsigned or PointValueKind.Decimal:
                number = _bits;
                return true;
            case PointValueKind.Single or PointValueKind.Double:
                Span<char> shortest = stackalloc char[32];
                return TryFormat(shortest, out var length)
                    && decimal.TryParse(shortest[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out number);
            default:
                return false;
        }
    }

    /// <summary>
    /// The shortest text that reads back the same: <c>21.5</c>, <c>true</c>, the text itself, nothing for None, and a list as JSON.
    /// A decimal loses its trailing zeros. False if <paramref name="destination"/> is too short; 32 characters hold any number.
    /// </summary>
    public bool TryFormat(Span<char> destination, out int written)
    {
        var culture = CultureInfo.InvariantCulture;
        written = 0;
        switch (Kind)
        {
            case PointValueKind.Boolean:
                ReadOnlySpan<char> name = _bits != 0 ? "true" : "false";
                written = name.Length;
                return name.TryCopyTo(destination);
            case PointValueKind.Integer or PointValueKind.Unsigned:
                return _bits.TryFormat(destination, out written, default, culture);
            case PointValueKind.Single:
                return AsSingle.TryFormat(destination, out written, "R", culture);
            case PointValueKind.Double:
                return AsDouble.TryFormat(destination, out written, "R", culture);
            case PointValueKind.Decimal:
                var fits = _bits.TryFormat(destination, out written, default, culture);
                written = TrimZeros(destination[..written]);
                return fits;
            case PointValueKind.Text:
                written = AsText.Length;
                return AsText.AsSpan().TryCopyTo(destination);
            case PointValueKind.List:
                var list = ListText();
                written = list.Length;
                return list.AsSpan().TryCopyTo(destination);
            default:
                return true;
        }
    }

    // A format with a # for each digit does the same, and takes three times as long.
    private static int TrimZeros(ReadOnlySpan<char> number) =>
        number.Contains('.') ? number.TrimEnd('0').TrimEnd('.').Length : number.Length;

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Kind is PointValueKind.Text or PointValueKind.List)
        {
            return Kind == PointValueKind.Text ? AsText : ListText();
        }

        Span<char> text = stackalloc char[64];
        TryFormat(text, out var length);
        return text[..length].ToString();
    }

    /// <inheritdoc/>
    public bool Equals(PointValue other) => Kind == other.Kind && _bits == other._bits
        && (Kind == PointValueKind.List ? AsList.SequenceEqual(other.AsList) : (string?)_object == (string?)other._object);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PointValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind == PointValueKind.List
        ? HashCode.Combine(Kind, AsList.Length, AsList.Length > 0 ? AsList[0] : None)
        : HashCode.Combine(Kind, _bits, _object);

    /// <summary>Same kind and content.</summary>
    public static bool operator ==(PointValue left, PointValue right) => left.Equals(right);

    /// <summary>Another kind or content.</summary>
    public static bool operator !=(PointValue left, PointValue right) => !left.Equals(right);

    private string ListText()
    {
        var text = new StringBuilder("[");
        foreach (var value in AsList)
        {
            var separator = text.Length > 1 ? "," : "";
            text.Append(separator).Append(value.Kind switch
            {
                PointValueKind.Text => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value.AsText)}\"",
                PointValueKind.None => "null",
                _ => value.ToString(),
            });
        }

        return text.Append(']').ToString();
    }

    private InvalidOperationException WrongKind(PointValueKind asked) => new($"The value is {Kind}, not {asked}.");
}
