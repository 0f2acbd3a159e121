using System.Buffers;
using System.Globalization;

namespace Gateway.DeviceMaps.Schema;

/// <summary>Numbers with a unit: durations and sizes.</summary>
public static class Quantity
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Name, decimal Factor)[] DurationUnits =
        [("ms", 0.001m), ("s", 1), ("min", 60), ("h", 3600), ("d", 86_400)];

    private static readonly (string Name, decimal Factor)[] SizeUnits =
        [("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000)];

    /// <summary>A unit, and what people write for it.</summary>
    private static readonly (string Unit, string[] Words)[] DurationWords =
    [
        ("ms", ["ms", "msec", "milliseconds"]),
        ("s", ["s", "sec", "secs", "second", "seconds"]),
        ("min", ["m", "min", "mins", "minute", "minutes"]),
        ("h", ["h", "hr", "hour", "hours"]),
        ("d", ["d", "day", "days"]),
    ];

    private static readonly (string Unit, string[] Words)[] SizeWords =
    [
        ("B", ["B", "byte", "bytes"]),
        ("kB", ["k", "kB", "KiB"]),
        ("MB", ["M", "MB", "MiB"]),
        ("GB", ["G", "GB", "GiB"]),
    ];

    /// <summary>Reads <c>1 s</c>, <c>20ms</c>, <c>1.5 h</c>: a number that is not negative with one of <c>ms s min h d</c>.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        var isDuration = TryParse(text, DurationUnits, out var seconds) && seconds <= (decimal)TimeSpan.MaxValue.TotalSeconds / 10;
        duration = isDuration ? TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond)) : default;
        return isDuration;
    }

    /// <summary>Reads <c>1 GB</c>, <c>500kB</c>: a number that is not negative with one of <c>B kB MB GB</c>, powers of ten.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        var isSize = TryParse(text, SizeUnits, out var value) && value <= long.MaxValue;
        bytes = isSize ? (long)value : 0;
        return isSize;
    }

    /// <summary>The shortest way to write a duration in whole numbers: <c>90 s</c>, <c>2 min</c>.</summary>
    public static string Format(TimeSpan duration) => Format((decimal)duration.Ticks / TimeSpan.TicksPerSecond, DurationUnits);

    /// <summary>The shortest way to write a size in whole numbers: <c>1 GB</c>.</summary>
    public static string Format(long bytes) => Format(bytes, SizeUnits);

    /// <summary>The duration that a text may mean whose unit is written in another way; null: none.</summary>
    internal static string? FindDuration(string text) => Find(text, DurationWords);

    /// <summary>The size that a text may mean whose unit is written in another way; null: none.</summary>
    internal static string? FindSize(string text) => Find(text, SizeWords);

    private static string? Find(string text, (string Unit, string[] Words)[] units)
    {
        var end = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        var unit = end <= 0 ? null : units.FirstOrDefault(unit => unit.Words.Contains(text[end..].Trim(), StringComparer.OrdinalIgnoreCase)).Unit;
        return unit is null ? null : $"{text[..end]} {unit}";
    }

    private static string Format(decimal value, (string Name, decimal Factor)[] units)
    {
        var (name, factor) = units.LastOrDefault(unit => value >= unit.Factor && value % unit.Factor == 0, units[value == 0 ? 1 : 0]);
        return $"{Number(value / factor)} {name}";
    }

    /// <summary>A decimal without trailing zeros.</summary>
    internal static string Number(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);

    private static bool TryParse(string text, (string Name, decimal Factor)[] units, out decimal value)
    {
        var end = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        var number = end < 0 ? text : text[..end];
        var unit = end < 0 ? "" : text[end..].TrimStart(' ');
        value = 0;
        var factor = units.FirstOrDefault(candidate => candidate.Name == unit).Factor;
        if (factor == 0 || number.Length > 18 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var parsed))
        {
            return false;
        }

        value = parsed * factor;
        return true;
    }
}
