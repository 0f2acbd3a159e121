using Gateway.Commands;

namespace Gateway.Tests.Commands;

public sealed class SparklineTests
{
    [Theory]
    [InlineData("", new double[0])]
    [InlineData("▅▅▅", new double[] { 7, 7, 7 })]
    [InlineData("▁▅█▁", new double[] { -1, 0, 1, -1 })]
    [InlineData("▁█", new double[] { 0, double.NaN, 1, double.PositiveInfinity })]
    public void Goes_from_the_lowest_to_the_highest(string expected, double[] values) => Assert.Equal(expected, Draw(values));

    [Fact]
    public void Shows_the_last_values_only() =>
        Assert.Equal(new string('▅', Sparkline.Width), Draw([100, .. Enumerable.Repeat(1.0, Sparkline.Width)]));

    [Fact]
    public void Takes_a_reading_once()
    {
        var line = new Sparkline();
        line.Add(DateTimeOffset.UnixEpoch, 1);
        line.Add(DateTimeOffset.UnixEpoch, 1);
        Assert.Equal("▅", line.ToString());
    }

    private static string Draw(double[] values)
    {
        var line = new Sparkline();
        foreach (var (index, value) in values.Index())
        {
            line.Add(DateTimeOffset.UnixEpoch.AddSeconds(index), value);
        }

        return line.ToString();
    }
}
