using Gateway.Drivers.DotnetIot.Bindings;
using UnitsNet;

namespace Gateway.Drivers.Tests.DotnetIot;

/// <summary>Units as maps write them.</summary>
public sealed class QuantityTests
{
    [Theory]
    [InlineData(typeof(Temperature), "°C", "DegreeCelsius")]
    [InlineData(typeof(Temperature), "K", "Kelvin")]
    [InlineData(typeof(Temperature), "kelvin", "Kelvin")]
    [InlineData(typeof(Temperature), "bar", null)]
    [InlineData(typeof(Ratio), "%", "Percent")]
    [InlineData(typeof(Ratio), "decimalfraction", "DecimalFraction")]
    [InlineData(typeof(ElectricResistance), "mΩ", "Milliohm")]
    [InlineData(typeof(ElectricResistance), "\u00B5\u03A9", "Microohm")]
    [InlineData(typeof(ElectricResistance), "\u03BC\u2126", "Microohm")]
    public void A_unit_is_found_by_its_abbreviation_or_its_name(Type quantity, string text, string? expected) =>
        Assert.Equal(expected, Quantities.FindUnit(quantity, text)?.ToString());

    [Fact]
    public void Units_are_listed_by_their_abbreviations_and_the_usual_one_is_offered()
    {
        Assert.Equal(["°C", "K"], Quantities.Units(typeof(Temperature)));
        Assert.Equal(["DecimalFraction", "%"], Quantities.Units(typeof(Ratio)));
        Assert.Equal(("°C", "%", "Ω"), (Quantities.UsualUnit(typeof(Temperature)), Quantities.UsualUnit(typeof(Ratio)), Quantities.UsualUnit(typeof(ElectricResistance))));
    }

    [Theory]
    [InlineData("100 mΩ", 0.1)]
    [InlineData("-0.5Ω", -0.5)]
    [InlineData("100", null)]
    [InlineData("much Ω", null)]
    public void A_number_with_a_unit_is_read(string text, double? ohms)
    {
        Assert.Equal(ohms is not null, Quantities.TryParse(text, typeof(ElectricResistance), out var quantity));
        Assert.Equal(ohms, quantity?.As(ElectricResistanceUnit.Ohm));
    }

    [Fact]
    public void Quantities_are_the_values_of_the_package_alone()
    {
        Assert.True(Quantities.IsQuantity(typeof(Temperature)));
        Assert.False(Quantities.IsQuantity(typeof(IQuantity)));
        Assert.False(Quantities.IsQuantity(typeof(double)));
    }
}
