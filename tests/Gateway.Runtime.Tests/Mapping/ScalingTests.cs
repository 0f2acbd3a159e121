using Gateway.Abstractions;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Tests.Mapping;

public sealed class ScalingTests
{
    private static readonly Dictionary<long, string> Modes = new() { [0] = "off", [1] = "eco", [2] = "comfort" };

    [Theory]
    [InlineData("0.1", "0", 235L, "23.5")]
    [InlineData("0.1", "0", 3L, "0.3")]
    [InlineData("0.001", "-40", 1L, "-39.999")]
    [InlineData("1", "0", 12L, "12")]
    [InlineData("-1", "0", 12L, "-12")]
    [InlineData("0.01", "0", long.MaxValue, "92233720368547758.07")]
    public void Scales_in_decimal(string scale, string offset, long raw, string expected)
    {
        var point = Points.Point(scale: Decimal(scale), offset: Decimal(offset));
        Assert.Equal(expected, Scaling.Apply(point, PointValue.From(raw)).Value.ToString());
    }

    [Fact]
    public void A_32_bit_number_keeps_its_digits()
    {
        Assert.Equal("23.01", Scaling.Apply(Points.Point(scale: 0.1m), PointValue.From(230.1f)).Value.ToString());
        Assert.Equal("230.1", Scaling.Apply(Points.Point(), PointValue.From(230.1f)).Value.ToString());
    }

    [Fact]
    public void Beyond_decimal_scaling_goes_on_in_binary() =>
        Assert.Equal(1e31, Scaling.Apply(Points.Point(scale: 10), PointValue.From(1e30)).Value.AsDouble);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void What_is_no_number_is_bad(float raw) =>
        Assert.Equal((PointValue.None, Quality.Bad, "not-a-number"), Scaling.Apply(Points.Point(), PointValue.From(raw)));

    [Theory]
    [InlineData("21.449", 1, "21.4")]
    [InlineData("21.45", 1, "21.5")]
    [InlineData("-21.45", 1, "-21.5")]
    [InlineData("21.5", 0, "22")]
    public void Rounds_half_away_from_zero(string raw, int decimals, string expected) =>
        Assert.Equal(expected, Scaling.Apply(Points.Point(decimals: decimals), PointValue.From(double.Parse(raw, System.Globalization.CultureInfo.InvariantCulture))).Value.ToString());

    [Theory]
    [InlineData(0L, "[]")]
    [InlineData(0b1001L, "[\"overvoltage\",\"fan\"]")]
    [InlineData(0b10010L, "[\"bit-1\",\"bit-4\"]")]
    public void Flags_publish_the_texts_of_the_bits_that_are_set(long raw, string expected)
    {
        var point = Points.Point(flags: new Dictionary<int, string> { [0] = "overvoltage", [3] = "fan" });

        Assert.Equal(expected, Scaling.Apply(point, PointValue.From(raw)).Value.ToString());
    }

    [Fact]
    public void A_list_is_scaled_value_by_value()
    {
        var raw = PointValue.From([PointValue.From(235L), PointValue.None, PointValue.From(float.NaN)]);

        Assert.Equal("[23.5,null,null]", Scaling.Apply(Points.Point(scale: 0.1m), raw).Value.ToString());
    }

    [Fact]
    public void Commands_have_limits_of_their_own()
    {
        var point = new Gateway.Abstractions.Definitions.PointDefinition
        {
            DeviceName = "boiler",
            Name = "setpoint",
            Every = TimeSpan.FromSeconds(1),
            Minimum = 0,
            Maximum = 100,
            WriteMaximum = 30,
            Settings = Points.NoSettings,
        };

        Assert.True(Scaling.TryUndo(point, PointValue.From(30L), out _, out _));
        Assert.False(Scaling.TryUndo(point, PointValue.From(31L), out _, out var error));
        Assert.Equal("31 is outside 0 to 30", error);
    }

    [Fact]
    public void An_enum_publishes_its_text() =>
        Assert.Equal((PointValue.From("eco"), Quality.Good, null), Scaling.Apply(Points.Point(texts: Modes), PointValue.From(1L)));

    [Fact]
    public void An_unknown_enum_value_is_uncertain() =>
        Assert.Equal((PointValue.From(7L), Quality.Uncertain, "unknown-enum-value"), Scaling.Apply(Points.Point(texts: Modes), PointValue.From(7L)));

    [Fact]
    public void Texts_and_bits_pass_unscaled()
    {
        Assert.Equal(PointValue.From("A1"), Scaling.Apply(Points.Point(scale: 0.1m), PointValue.From("A1")).Value);
        Assert.Equal(PointValue.From(true), Scaling.Apply(Points.Point(scale: 0.1m), PointValue.From(true)).Value);
    }

    [Fact]
    public void A_command_is_scaled_back()
    {
        Assert.True(Scaling.TryUndo(Points.Point(scale: 0.1m, offset: -40), PointValue.From(21.5m), out var raw, out _));
        Assert.Equal("615", raw.ToString());
        Assert.True(Scaling.TryUndo(Points.Point(texts: Modes), PointValue.From("comfort"), out raw, out _));
        Assert.Equal(PointValue.From(2L), raw);
    }

    [Fact]
    public void A_command_beyond_the_limits_is_refused_with_them()
    {
        Assert.False(Scaling.TryUndo(Points.Point(minimum: 5, maximum: 30), PointValue.From(31L), out _, out var error));
        Assert.Equal("31 is outside 5 to 30", error);
        Assert.False(Scaling.TryUndo(Points.Point(texts: Modes), PointValue.From("party"), out _, out error));
        Assert.Equal("'party' is not one of off, eco, comfort", error);
    }

    private static decimal Decimal(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
