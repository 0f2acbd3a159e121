using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using UnitsNet;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>The units of UnitsNet by the texts that maps have for them.</summary>
internal static class Quantities
{
    /// <summary>What people publish a quantity in, where that is not its base unit.</summary>
    private static readonly Dictionary<string, string> Usual = new()
    {
        ["Temperature"] = "DegreeCelsius",
        ["Pressure"] = "Hectopascal",
        ["Ratio"] = "Percent",
        ["VolumeConcentration"] = "PartPerMillion",
        ["Angle"] = "Degree",
    };

    /// <summary>Whether a type is one of UnitsNet's quantities.</summary>
    public static bool IsQuantity(Type type) => type.IsValueType && type.IsAssignableTo(typeof(IQuantity));

    /// <summary>The unit that a text stands for: its abbreviation, or its name in UnitsNet; <c>%</c> is percent of whatever quantity.</summary>
    /// <param name="type">The quantity.</param>
    /// <param name="text">The text.</param>
    public static Enum? FindUnit(Type type, string text)
    {
        var units = UnitsOf(type).ToList();
        var wanted = Simplify(text);
        return units.FirstOrDefault(unit => Abbreviate(type, unit) == wanted)
            ?? units.FirstOrDefault(unit => unit.ToString().Equals(text == "%" ? "Percent" : text, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The abbreviations of a quantity's units.</summary>
    public static IEnumerable<string> Units(Type type) => UnitsOf(type).Select(unit => Abbreviate(type, unit)).Distinct();

    /// <summary>The abbreviation of the unit that people usually publish a quantity in.</summary>
    public static string UsualUnit(Type type)
    {
        var unit = Usual.TryGetValue(type.Name, out var name) ? UnitsOf(type).FirstOrDefault(unit => unit.ToString() == name) : null;
        return Abbreviate(type, unit ?? Zero(type).Unit);
    }

    /// <summary>Reads a number with a unit: <c>100 mΩ</c>.</summary>
    public static bool TryParse(string text, Type type, [NotNullWhen(true)] out IQuantity? quantity)
    {
        quantity = null;
        var number = string.Concat(text.TakeWhile(character => char.IsAsciiDigit(character) || character is '.' or '-' or '+'));
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || FindUnit(type, text[number.Length..].Trim()) is not { } unit)
        {
            return false;
        }

        quantity = Quantity.From(value, unit);
        return true;
    }

    private static IQuantity Zero(Type type) => (IQuantity)Activator.CreateInstance(type)!;

    private static IEnumerable<Enum> UnitsOf(Type type) => Enum.GetValues(Zero(type).Unit.GetType()).Cast<Enum>();

    private static string Abbreviate(Type type, Enum unit)
    {
        try
        {
            IFormattable quantity = Zero(type).ToUnit(unit);
            return Simplify(quantity.ToString("a", CultureInfo.InvariantCulture));
        }
        catch (FormatException)
        {
            return unit.ToString(); // it has no abbreviation
        }
    }

    // Two characters look like µ: the micro sign and the Greek letter; and two like Ω.
    private static string Simplify(string text) => text.Replace('\u03BC', '\u00B5').Replace('\u2126', '\u03A9');
}
