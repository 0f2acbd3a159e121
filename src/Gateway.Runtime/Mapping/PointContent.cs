using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Mapping;

/// <summary>What a point's values are, as far as its map says.</summary>
internal enum PointContent
{
    /// <summary>The map does not say.</summary>
    Unknown,

    /// <summary>True or false.</summary>
    Bit,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>One of the texts of <c>enum</c>.</summary>
    Choice,

    /// <summary>Several values.</summary>
    List,
}

/// <summary>Reads out of a point's keys what its values are. Pure.</summary>
internal static partial class PointContents
{
    private static readonly string[] NumberTypes = ["uint", "int", "float", "number", "bcd", "mod10"];

    /// <summary>What the values of a point are.</summary>
    public static PointContent Of(PointDefinition point)
    {
        var settings = point.Settings;
        if (point.Enumeration is not null)
        {
            return PointContent.Choice;
        }

        if (point.Flags is not null || (settings.TryGet<object>("count", out var count) && count is long and > 1))
        {
            return PointContent.List;
        }

        // A scale, a rounding or a unit are a number's alone, whatever the driver.
        if (point.Unit is not null || point.Scale != 1 || point.Offset != 0 || point.Decimals is not null || point.Monotonic || settings.IsWritten("count") || settings.IsWritten("rate") || settings.IsWritten("pwm"))
        {
            return PointContent.Number;
        }

        if (settings.IsWritten("coil") || settings.IsWritten("discrete") || settings.IsWritten("bit") || settings.IsWritten("line") || IsPin(settings))
        {
            return PointContent.Bit;
        }

        return settings.TryGet<object>("type", out var type) && type is string name ? OfType(name) : PointContent.Unknown;
    }

    // Of an expander: its pins are fields of the chip, of which the types of registers say nothing.
    private static bool IsPin(Settings settings) => settings.TryGet<object>("field", out var field) && field is string name && Pin().IsMatch(name);

    private static PointContent OfType(string type) =>
        type == "bool" ? PointContent.Bit
        : NumberTypes.Any(number => type.StartsWith(number, StringComparison.Ordinal)) ? PointContent.Number
        : PointContent.Text;

    [GeneratedRegex("^(p|gpa|gpb)[0-7]$", RegexOptions.CultureInvariant)]
    private static partial Regex Pin();
}
