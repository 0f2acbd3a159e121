using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Simulated;

/// <summary>What kind of value a simulated point needs.</summary>
internal enum WaveformKind
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>A bit.</summary>
    Boolean,

    /// <summary>A text.</summary>
    Text,
}

/// <summary>The waveform of a point whose map names none: what the point's unit, enumeration and limits make likely.</summary>
internal static class PlausibleWaveform
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StepInterval = TimeSpan.FromSeconds(10);

    /// <summary>Units whose values wander, and between what.</summary>
    private static readonly Dictionary<string, (decimal Low, decimal High)> Wandering = new()
    {
        ["V"] = (228, 233),
        ["mV"] = (100, 900),
        ["A"] = (1, 16),
        ["mA"] = (4, 20),
        ["W"] = (200, 3000),
        ["kW"] = (0.2m, 3),
        ["VA"] = (220, 3200),
        ["kVA"] = (0.22m, 3.2m),
        ["var"] = (20, 400),
        ["kvar"] = (0.02m, 0.4m),
        ["Hz"] = (49.95m, 50.05m),
        ["°C"] = (19, 23),
        ["°F"] = (66, 73),
        ["K"] = (292, 296),
        ["%"] = (40, 60),
        ["%RH"] = (40, 60),
        ["Pa"] = (100_000, 102_000),
        ["hPa"] = (1000, 1020),
        ["mbar"] = (1000, 1020),
        ["kPa"] = (100, 102),
        ["bar"] = (1.2m, 1.8m),
        ["lx"] = (100, 600),
        ["ppm"] = (420, 900),
        ["rpm"] = (1400, 1500),
        ["m/s"] = (0, 8),
        ["l/min"] = (5, 12),
        ["l/h"] = (300, 700),
        ["m³/h"] = (0.3m, 0.7m),
        ["µg/m³"] = (3, 25),
    };

    /// <summary>Units whose values grow: where they begin, and by how much a second.</summary>
    private static readonly Dictionary<string, (decimal Start, decimal PerSecond)> Growing = new()
    {
        ["Wh"] = (1_234_000, 0.5m),
        ["kWh"] = (1234, 0.001m),
        ["MWh"] = (12, 0.001m),
        ["varh"] = (1000, 0.1m),
        ["kvarh"] = (100, 0.001m),
        ["VAh"] = (1000, 0.5m),
        ["kVAh"] = (1000, 0.001m),
        ["l"] = (56_000, 0.2m),
        ["m³"] = (56, 0.001m),
        ["s"] = (0, 1),
        ["h"] = (1000, 0.001m),
    };

    /// <summary>A waveform for a point.</summary>
    public static Waveform For(PointDefinition point, WaveformKind kind, uint seed)
    {
        if (kind == WaveformKind.Text)
        {
            return new ConstantWaveform(PointValue.From($"SIM-{seed % 100_000:D5}"));
        }

        if (kind == WaveformKind.Boolean)
        {
            return new ToggleWaveform(2 * StepInterval);
        }

        if (point.Enumeration is { Count: > 0 } texts)
        {
            return new StepsWaveform([.. texts.Keys.Order().Select(key => (decimal)key)], StepInterval);
        }

        var unit = point.Unit ?? "";
        if (point.Monotonic || Growing.ContainsKey(unit))
        {
            var (start, perSecond) = Growing.GetValueOrDefault(unit, (0, 1));
            return new CounterWaveform(Math.Max(start, point.Minimum ?? 0), perSecond);
        }

        var (low, high) = Within(point, Wandering.GetValueOrDefault(unit, (0, 100)));
        return Wandering.ContainsKey(unit)
            ? PeriodicWaveform.RandomWalk(low, high, Minute / 4, seed)
            : PeriodicWaveform.Ramp(low, high, Minute);
    }

    // The point's own limits outrank the table: a freezer's °C is not a room's.
    private static (decimal Low, decimal High) Within(PointDefinition point, (decimal Low, decimal High) usual)
    {
        var minimum = point.Minimum ?? Math.Min(usual.Low, point.Maximum ?? usual.Low);
        var maximum = point.Maximum ?? Math.Max(usual.High, minimum);
        return (Math.Clamp(usual.Low, minimum, maximum), Math.Clamp(usual.High, minimum, maximum)) is var (low, high) && low < high
            ? (low, high)
            : (minimum, maximum);
    }
}
