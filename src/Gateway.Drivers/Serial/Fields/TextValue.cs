using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Fields;

/// <summary>What a text stands for.</summary>
internal enum TextKind
{
    /// <summary>A number if it is one, and otherwise the text itself.</summary>
    Either,

    /// <summary>A number.</summary>
    Number,

    /// <summary>The text itself.</summary>
    Text,
}

/// <summary>Texts of devices as values.</summary>
internal static class TextValue
{
    /// <summary>The value that a text stands for.</summary>
    public static DecodedValue Decode(PointDefinition point, string text, TextKind kind)
    {
        var trimmed = text.Trim();
        if (kind != TextKind.Text && TryParseNumber(trimmed, out var number))
        {
            return DecodedValue.Good(point, PointValue.From(number));
        }

        return kind switch
        {
            _ when trimmed.Length == 0 => DecodedValue.Bad(point, SerialReasons.NoValue),
            TextKind.Number => DecodedValue.Bad(point, SerialReasons.NotANumber),
            _ => DecodedValue.Good(point, PointValue.From(trimmed)),
        };
    }

    /// <summary>Reads a number as devices write it: <c>+0012.5</c>, <c>- 1.5</c>, <c>12,5</c>, <c>1.2E-3</c>.</summary>
    public static bool TryParseNumber(string text, out decimal number)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var plain = text.Length > 1 && text[0] is '+' or '-' ? text[0] + text[1..].TrimStart() : text;
        if (!plain.Contains('.', StringComparison.Ordinal))
        {
            plain = plain.Replace(',', '.');
        }

        return decimal.TryParse(plain, Style, CultureInfo.InvariantCulture, out number);
    }
}
