using FsCheck;
using FsCheck.Fluent;
using Gateway.DeviceMaps.Schema;

namespace Gateway.DeviceMaps.Tests.Schema;

public class QuantityTests
{
    [Theory]
    [InlineData("1 s", 1000)]
    [InlineData("20ms", 20)]
    [InlineData("2 min", 120_000)]
    [InlineData("1.5 h", 5_400_000)]
    [InlineData("30 d", 2_592_000_000)]
    [InlineData("0 s", 0)]
    public void Durations_have_a_unit_and_perhaps_a_space(string text, long milliseconds)
    {
        Assert.True(Quantity.TryParseDuration(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("1 B", 1)]
    [InlineData("500kB", 500_000)]
    [InlineData("2.5 MB", 2_500_000)]
    [InlineData("1 GB", 1_000_000_000)]
    public void Sizes_are_powers_of_ten(string text, long bytes)
    {
        Assert.True(Quantity.TryParseSize(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-1 s")]
    [InlineData("+1 s")]
    [InlineData("1,5 s")]
    [InlineData("1 S")]
    [InlineData("1 s ")]
    [InlineData("1 m")]
    [InlineData("1e3 s")]
    [InlineData("1.2.3 s")]
    [InlineData("999999999999999999 d")]
    [InlineData("99999999999999999999999999999999 ms")]
    [InlineData("1 GiB")]
    public void Anything_else_is_neither(string text)
    {
        Assert.False(Quantity.TryParseDuration(text, out _));
        Assert.False(Quantity.TryParseSize(text, out _));
    }

    [Fact]
    public void A_duration_reads_back_as_it_was_written() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).Select(ms => TimeSpan.FromMilliseconds(ms)).ToArbitrary(),
        duration => Quantity.TryParseDuration(Quantity.Format(duration), out var read) && read == duration).QuickCheckThrowOnFailure();

    [Fact]
    public void A_size_reads_back_as_it_was_written() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).Select(size => (long)size).ToArbitrary(),
        size => Quantity.TryParseSize(Quantity.Format(size), out var read) && read == size).QuickCheckThrowOnFailure();
}
