using System.Globalization;

namespace UnitsNet;

public interface IQuantity : IFormattable
{
    Enum Unit { get; }

    double Value { get; }

    double As(Enum unit);

    IQuantity ToUnit(Enum unit);
}

public enum TemperatureUnit
{
    DegreeCelsius = 10,
    Kelvin = 50,
}

public enum DurationUnit
{
    Millisecond = 40,
    Second = 80,
}

public enum RatioUnit
{
    DecimalFraction = 10,
    Percent = 50,
}

public enum ElectricResistanceUnit
{
    Microohm = 50,
    Milliohm = 60,
    Ohm = 70,
}

/// <summary>Makes a quantity of whatever kind.</summary>
public static class Quantity
{
    public static IQuantity From(double value, Enum unit) => unit switch
    {
        TemperatureUnit of => new Temperature(value, of),
        DurationUnit of => new Duration(value, of),
        RatioUnit of => new Ratio(value, of),
        ElectricResistanceUnit of => new ElectricResistance(value, of),
        _ => throw new ArgumentException($"{unit} is no unit.", nameof(unit)),
    };
}

/// <summary>In kelvin, until it says something else.</summary>
public readonly struct Temperature(double value, TemperatureUnit unit) : IQuantity
{
    private readonly TemperatureUnit? _unit = unit;

    public Enum Unit => _unit ?? TemperatureUnit.Kelvin;

    public double Value => value;

    public static Temperature FromKelvins(double value) => new(value, TemperatureUnit.Kelvin);

    public double As(Enum unit) => (Unit, unit) switch
    {
        (TemperatureUnit.Kelvin, TemperatureUnit.DegreeCelsius) => value - 273.15,
        (TemperatureUnit.DegreeCelsius, TemperatureUnit.Kelvin) => value + 273.15,
        _ => value,
    };

    public IQuantity ToUnit(Enum unit) => new Temperature(As(unit), (TemperatureUnit)unit);

    public string ToString(string? format, IFormatProvider? formatProvider) => Text.Of(this, format, formatProvider, "K", "°C");
}

/// <summary>In seconds, until it says something else.</summary>
public readonly struct Duration(double value, DurationUnit unit) : IQuantity
{
    private readonly DurationUnit? _unit = unit;

    public Enum Unit => _unit ?? DurationUnit.Second;

    public double Value => value;

    public double As(Enum unit) => Text.Scale(this, unit, DurationUnit.Millisecond, 1e-3);

    public IQuantity ToUnit(Enum unit) => new Duration(As(unit), (DurationUnit)unit);

    public TimeSpan ToTimeSpan() => TimeSpan.FromSeconds(As(DurationUnit.Second));

    public string ToString(string? format, IFormatProvider? formatProvider) => Text.Of(this, format, formatProvider, "s", "ms");
}

/// <summary>A decimal fraction, until it says something else; which has no abbreviation.</summary>
public readonly struct Ratio(double value, RatioUnit unit) : IQuantity
{
    private readonly RatioUnit? _unit = unit;

    public Enum Unit => _unit ?? RatioUnit.DecimalFraction;

    public double Value => value;

    public double As(Enum unit) => Text.Scale(this, unit, RatioUnit.Percent, 1e-2);

    public IQuantity ToUnit(Enum unit) => new Ratio(As(unit), (RatioUnit)unit);

    public string ToString(string? format, IFormatProvider? formatProvider) => Text.Of(this, format, formatProvider, null, "%");
}

/// <summary>In ohms, until it says something else. Its abbreviations have the Ohm sign and the Greek µ.</summary>
public readonly struct ElectricResistance(double value, ElectricResistanceUnit unit) : IQuantity
{
    private readonly ElectricResistanceUnit? _unit = unit;

    public Enum Unit => _unit ?? ElectricResistanceUnit.Ohm;

    public double Value => value;

    public double As(Enum unit) => value * Factor(Unit) / Factor(unit);

    public IQuantity ToUnit(Enum unit) => new ElectricResistance(As(unit), (ElectricResistanceUnit)unit);

    public string ToString(string? format, IFormatProvider? formatProvider) =>
        Text.Of(this, format, formatProvider, "\u2126", Unit.Equals(ElectricResistanceUnit.Milliohm) ? "m\u2126" : "\u03BC\u2126");

    private static double Factor(Enum unit) => unit switch
    {
        ElectricResistanceUnit.Microohm => 1e-6,
        ElectricResistanceUnit.Milliohm => 1e-3,
        _ => 1,
    };
}

internal static class Text
{
    /// <summary>The abbreviation for the format <c>a</c>, else value and abbreviation.</summary>
    public static string Of<T>(T quantity, string? format, IFormatProvider? provider, string? ofBase, string ofOther)
        where T : struct, IQuantity
    {
        var abbreviation = quantity.Unit.Equals(default(T).Unit) ? ofBase : ofOther;
        return abbreviation is null ? throw new FormatException("The unit has no abbreviation.")
            : format == "a" ? abbreviation
            : $"{quantity.Value.ToString(provider ?? CultureInfo.InvariantCulture)} {abbreviation}";
    }

    public static double Scale<T>(T quantity, Enum unit, Enum other, double factor)
        where T : struct, IQuantity =>
        quantity.Value * (quantity.Unit.Equals(other) ? factor : 1) / (unit.Equals(other) ? factor : 1);
}
