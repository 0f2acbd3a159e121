using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Gateway.Abstractions.Tests;

public sealed class PointValueTests
{
    public static TheoryData<PointValue, string> ShortestTexts => new()
    {
        { PointValue.None, "" },
        { PointValue.From(true), "true" },
        { PointValue.From(false), "false" },
        { PointValue.From(-17L), "-17" },
        { PointValue.From(long.MinValue), "-9223372036854775808" },
        { PointValue.From(ulong.MaxValue), "18446744073709551615" },
        { PointValue.From(230.1f), "230.1" },
        { PointValue.From(0.1 + 0.2), "0.30000000000000004" },
        { PointValue.From(23.50m), "23.5" },
        { PointValue.From(100m), "100" },
        { PointValue.From(0.0000000000000000000000000001m), "0.0000000000000000000000000001" },
        { PointValue.From("eco"), "eco" },
    };

    [Theory]
    [MemberData(nameof(ShortestTexts))]
    public void Formats_the_shortest_text(PointValue value, string expected) => Assert.Equal(expected, value.ToString());

    [Fact]
    public void A_decimal_is_as_one_writes_it_without_zeros_at_the_end() =>
        Prop.ForAll<decimal, byte>((number, places) =>
        {
            var value = Math.Round(number, places % 29) * 1.000m;
            return PointValue.From(value).ToString() == value.ToString("0.############################", CultureInfo.InvariantCulture);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0")]
    [InlineData(2, "10")]
    [InlineData(3, "-79228162514264337593543950335")]
    public void A_decimal_of_many_digits_or_none_is_whole(int which, string expected) =>
        Assert.Equal(expected, PointValue.From(new[] { 0.000m, decimal.Negate(new decimal(0, 0, 0, false, 2)), 10.0m, decimal.MinValue }[which]).ToString());

    [Fact]
    public void A_32_bit_number_is_taken_by_its_shortest_text()
    {
        Assert.True(PointValue.From(230.1f).TryGetNumber(out var number));
        Assert.Equal(230.1m, number);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    public void What_decimal_cannot_hold_is_no_number(double value) => Assert.False(PointValue.From(value).TryGetNumber(out _));

    [Fact]
    public void Every_kind_gives_back_what_it_was_made_from()
    {
        Assert.True(PointValue.From(true).AsBoolean);
        Assert.Equal(long.MinValue, PointValue.From(long.MinValue).AsInteger);
        Assert.Equal(ulong.MaxValue, PointValue.From(ulong.MaxValue).AsUnsigned);
        Assert.Equal(-0.0f, PointValue.From(-0.0f).AsSingle);
        Assert.Equal(double.Epsilon, PointValue.From(double.Epsilon).AsDouble);
        Assert.Equal(decimal.MinValue, PointValue.From(decimal.MinValue).AsDecimal);
        Assert.Equal("x", PointValue.From("x").AsText);
    }

    [Fact]
    public void Asking_for_another_kind_throws() => Assert.Throws<InvalidOperationException>(() => PointValue.From(1L).AsText);

    [Fact]
    public void An_unsigned_number_within_Int64_is_an_integer() => Assert.Equal(PointValue.From(5L), PointValue.From(5UL));

    [Fact]
    public void A_short_destination_is_refused()
    {
        Span<char> destination = stackalloc char[3];
        Assert.False(PointValue.From(12345L).TryFormat(destination, out _));
        Assert.False(PointValue.From("four").TryFormat(destination, out _));
    }

    [Fact]
    public void Every_binary_number_reads_back_the_same()
    {
        Prop.ForAll<double>(value => double.Parse(PointValue.From(value).ToString(), CultureInfo.InvariantCulture).Equals(value))
            .QuickCheckThrowOnFailure();
    }
}
