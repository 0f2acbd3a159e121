using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Tests.Simulated;

public class WaveformTests
{
    [Theory]
    [InlineData("constant(5)", 0, "5")]
    [InlineData("constant(5)", 1e6, "5")]
    [InlineData("constant(true)", 3, "true")]
    [InlineData("constant(hello, world)", 3, "hello, world")]
    [InlineData("sine(20, 25, 60 s)", 0, "22.5")]
    [InlineData("sine(20, 25, 60 s)", 15, "25")]
    [InlineData("sine(20, 25, 60 s)", 45, "20")]
    [InlineData("sine(20, 25, 60 s)", 65, "23.75")]
    [InlineData("sine(-0.1, 0.1, 1 min)", 50, "-0.087")]
    [InlineData("ramp(0, 100, 60s)", 30, "50")]
    [InlineData("ramp(0, 100, 60 s)", 60, "0")]
    [InlineData("square(0, 1, 10 s)", 4.9, "1")]
    [InlineData("square(0, 1, 10 s)", 5, "0")]
    [InlineData("steps(1, 2.5, 3, 10 s)", 9.9, "1")]
    [InlineData("steps(1, 2.5, 3, 10 s)", 10, "2.5")]
    [InlineData("steps(1, 2.5, 3, 10 s)", 30, "1")]
    [InlineData("toggle(500 ms)", 0.2, "true")]
    [InlineData("toggle(500 ms)", 0.3, "false")]
    [InlineData("counter(1000, 0.5)", 4, "1002")]
    [InlineData("counter(1000, 0.5)", 31_536_000, "15769000")]
    public void Shows_what_its_formula_says(string text, double seconds, string expected)
    {
        Assert.Equal(expected, Parse(text).At(TimeSpan.FromSeconds(seconds)).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("sin(1, 2, 3 s)")]
    [InlineData("sine(1, 2)")]
    [InlineData("sine(1, 2, 3)")]
    [InlineData("sine(2, 1, 3 s)")]
    [InlineData("sine(1, 2, 0 s)")]
    [InlineData("sine(1, 2, -3 s)")]
    [InlineData("sine(1, 1e27, 3 s)")]
    [InlineData("sine(1, 2, 3 s")]
    [InlineData("steps(10 s)")]
    [InlineData("toggle(1, 10 s)")]
    [InlineData("counter(a, 1)")]
    public void Refuses_what_is_no_waveform_and_shows_those_that_are(string text)
    {
        Assert.False(WaveformParser.TryParse(text, 0, out _, out var error));
        Assert.StartsWith($"'{text}' is no waveform; allowed are constant(5), sine(20, 25, 60 s)", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_random_walk_stays_within_its_limits_moves_in_small_steps_and_repeats_itself_in_another_run()
    {
        var first = Parse("random-walk(20, 25, 60 s)", seed: 7);
        var second = Parse("random-walk(20, 25, 60 s)", seed: 7);
        var other = Parse("random-walk(20, 25, 60 s)", seed: 8);
        var seen = new List<decimal>();
        var differences = 0;
        for (var second_ = 0; second_ < 3600; second_++)
        {
            var at = TimeSpan.FromSeconds(second_);
            var value = first.At(at).AsDecimal;
            Assert.Equal(value, second.At(at).AsDecimal);
            Assert.InRange(value, 20, 25);
            Assert.True(seen.Count == 0 || Math.Abs(value - seen[^1]) < 0.5m, $"a leap from {seen.LastOrDefault()} to {value}");
            differences += value == other.At(at).AsDecimal ? 0 : 1;
            seen.Add(value);
        }

        Assert.True(seen.Max() - seen.Min() > 2, "it hardly moved");
        Assert.True(differences > 3000, "another seed is another walk");
    }

    private static Waveform Parse(string text, uint seed = 0)
    {
        Assert.True(WaveformParser.TryParse(text, seed, out var waveform, out var error), error);
        return waveform;
    }
}
