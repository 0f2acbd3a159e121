using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.Abstractions;

namespace Gateway.Drivers.Simulated;

/// <summary>Reads what a person wrote after <c>simulate:</c>, for example <c>sine(20, 25, 60 s)</c>.</summary>
internal static class WaveformParser
{
    private const string Allowed = "allowed are constant(5), sine(20, 25, 60 s), ramp(0, 100, 60 s), square(0, 1, 10 s), "
        + "steps(1, 2, 3, 10 s), toggle(10 s), random-walk(20, 25, 60 s), counter(1000, 0.5)";

    private const int MaxSteps = 100;

    // A waveform is arithmetic in decimal: beyond this its intermediate results would not fit.
    private const decimal Largest = 1_000_000_000_000_000_000m;

    private static readonly (string Unit, decimal Milliseconds)[] DurationUnits =
        [("ms", 1), ("min", 60_000), ("s", 1000), ("h", 3_600_000), ("d", 86_400_000)];

    /// <summary>Reads a waveform.</summary>
    /// <param name="text">What the person wrote.</param>
    /// <param name="seed">Makes the random ones of two points differ.</param>
    /// <param name="waveform">The waveform.</param>
    /// <param name="error">Why it is none, for people.</param>
    public static bool TryParse(string text, uint seed, [NotNullWhen(true)] out Waveform? waveform, [NotNullWhen(false)] out string? error)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var name = open < 0 ? text.Trim() : text[..open].Trim();
        if (open < 0 || !text.TrimEnd().EndsWith(')'))
        {
            waveform = null;
            error = $"'{text}' is no waveform; {Allowed}";
            return false;
        }

        var inside = text.TrimEnd()[(open + 1)..^1];
        var arguments = inside.Split(',', StringSplitOptions.TrimEntries);
        waveform = name switch
        {
            "constant" => new ConstantWaveform(Constant(inside.Trim())),
            "sine" => Periodic(arguments, PeriodicWaveform.Sine),
            "ramp" => Periodic(arguments, PeriodicWaveform.Ramp),
            "square" => Periodic(arguments, PeriodicWaveform.Square),
            "random-walk" => Periodic(arguments, (low, high, period) => PeriodicWaveform.RandomWalk(low, high, period, seed)),
            "steps" => Steps(arguments),
            "toggle" => arguments.Length == 1 && TryDuration(arguments[0], out var period) ? new ToggleWaveform(period) : null,
            "counter" => arguments.Length == 2 && TryNumber(arguments[0], out var start) && TryNumber(arguments[1], out var perSecond)
                ? new CounterWaveform(start, perSecond)
                : null,
            _ => null,
        };
        error = waveform is null ? $"'{text}' is no waveform; {Allowed}" : null;
        return waveform is not null;
    }

    private static PointValue Constant(string text) => text switch
    {
        "true" => PointValue.From(true),
        "false" => PointValue.From(false),
        _ => TryNumber(text, out var number) ? PointValue.From(number) : PointValue.From(text),
    };

    private static PeriodicWaveform? Periodic(string[] arguments, Func<decimal, decimal, TimeSpan, PeriodicWaveform> make) =>
        arguments.Length == 3
        && TryNumber(arguments[0], out var low)
        && TryNumber(arguments[1], out var high)
        && low <= high
        && TryDuration(arguments[2], out var period)
            ? make(low, high, period)
            : null;

    private static StepsWaveform? Steps(string[] arguments)
    {
        if (arguments.Length is < 2 or > MaxSteps + 1 || !TryDuration(arguments[^1], out var interval))
        {
            return null;
        }

        var values = new decimal[arguments.Length - 1];
        for (var i = 0; i < values.Length; i++)
        {
            if (!TryNumber(arguments[i], out values[i]))
            {
                return null;
            }
        }

        return new StepsWaveform(values, interval);
    }

    private static bool TryNumber(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && Math.Abs(number) <= Largest;

    private static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (unit, milliseconds) in DurationUnits)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                if (!TryNumber(text[..^unit.Length], out var number) || number <= 0 || number * milliseconds is < 1 or > 31_536_000_000m)
                {
                    return false;
                }

                duration = TimeSpan.FromMilliseconds((double)(number * milliseconds));
                return true;
            }
        }

        return false;
    }
}
