using System.Globalization;
using Gateway.Abstractions;

namespace Gateway.Drivers.Sysfs;

/// <summary>What the text of an attribute stands for.</summary>
internal static class AttributeText
{
    /// <summary>A number times the factor, where that is none too large; of several words the one in brackets, by which the kernel marks what is chosen; else the text.</summary>
    public static PointValue Parse(string text, decimal factor = 1)
    {
        var trimmed = text.Trim();
        if (long.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) && factor == 1)
        {
            return PointValue.From(integer);
        }

        return TryParseNumber(trimmed, out var number) && (Math.Abs(factor) <= 1 || Math.Abs(number) <= decimal.MaxValue / Math.Abs(factor))
            ? PointValue.From(number * factor)
            : PointValue.From(Chosen(trimmed) ?? trimmed);
    }

    /// <summary>A number, also one such as <c>1e-05</c>.</summary>
    public static bool TryParseNumber(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    /// <summary>What to write for a value that the kernel counts in whole steps.</summary>
    public static string FormatSteps(decimal value) => decimal.Round(value).ToString("0", CultureInfo.InvariantCulture);

    /// <summary>What to write for a setting, whatever it takes.</summary>
    public static string Format(decimal value) => (value / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture); // without zeros at the end

    // "none [mmc0] heartbeat"
    private static string? Chosen(string text)
    {
        var marked = text.Split(' ').Where(word => word.Length > 2 && word[0] == '[' && word[^1] == ']').ToArray();
        return marked is [var only] ? only[1..^1] : null;
    }
}
