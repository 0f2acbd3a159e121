using System.Device.Gpio;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using UnitsNet;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>Makes of a map's text what a parameter or a property takes.</summary>
internal static class TextValue
{
    /// <summary>Converts.</summary>
    /// <param name="text">The text.</param>
    /// <param name="type">A number, an enumeration, a quantity, bool, string, TimeSpan or PinValue, or a nullable one of those.</param>
    /// <param name="value">The value.</param>
    /// <param name="error">What it should be: the end of a sentence.</param>
    public static bool TryConvert(string text, Type type, [NotNullWhen(true)] out object? value, out string error)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        value = Convert(text, type);
        error = value is null ? MustBe(type) : "";
        return value is not null;
    }

    private static object? Convert(string text, Type type)
    {
        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(text, out var flag) ? flag : null;
        }

        if (type.IsEnum)
        {
            return Enum.TryParse(type, text, ignoreCase: true, out var constant) ? constant : ToWhole(text, Enum.GetUnderlyingType(type)) is { } number ? Enum.ToObject(type, number) : null;
        }

        if (type == typeof(TimeSpan))
        {
            return Quantities.TryParse(text, typeof(Duration), out var duration) ? ((Duration)duration).ToTimeSpan() : null;
        }

        if (type == typeof(PinValue))
        {
            return text.ToUpperInvariant() switch
            {
                "HIGH" or "1" => PinValue.High,
                "LOW" or "0" => PinValue.Low,
                _ => null,
            };
        }

        if (Quantities.IsQuantity(type))
        {
            return Quantities.TryParse(text, type, out var quantity) ? quantity : null;
        }

        return IsFraction(type) ? ToFraction(text, type) : ToWhole(text, type);
    }

    private static string MustBe(Type type)
    {
        if (type.IsEnum)
        {
            return $"must be one of {string.Join(", ", Enum.GetNames(type))}";
        }

        if (Quantities.IsQuantity(type))
        {
            return $"must be a number with one of {string.Join(", ", Quantities.Units(type))}";
        }

        return type switch
        {
            _ when type == typeof(bool) => "must be true or false",
            _ when type == typeof(TimeSpan) => "must be a number with one of ms, s, min",
            _ when type == typeof(PinValue) => "must be High or Low",
            _ when IsFraction(type) => "must be a number",
            _ when IsWhole(type) => $"must be a whole number from {LimitOf(type, "MinValue")} to {LimitOf(type, "MaxValue")}",
            _ => $"is a {type.Name}, which a map cannot give",
        };
    }

    private static object? LimitOf(Type type, string constant) => type.GetField(constant)?.GetValue(null);

    private static bool IsFraction(Type type) => Type.GetTypeCode(type) is TypeCode.Single or TypeCode.Double or TypeCode.Decimal;

    private static bool IsWhole(Type type) => !type.IsEnum && Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.UInt64;

    private static object? ToFraction(string text, Type type) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? System.Convert.ChangeType(number, type, CultureInfo.InvariantCulture)
            : null;

    private static object? ToWhole(string text, Type type)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!IsWhole(type)
            || !long.TryParse(isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        try
        {
            return System.Convert.ChangeType(number, type, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
