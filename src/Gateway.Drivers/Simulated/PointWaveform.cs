using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Simulated;

/// <summary>Which waveform a point has, and what a device would show for its value.</summary>
internal static class PointWaveform
{
    /// <summary>The waveform that the map asks for, else one that is plausible for the point. The map must be valid.</summary>
    /// <param name="point">The point.</param>
    /// <param name="kind">What the point holds.</param>
    public static Waveform Of(PointDefinition point, WaveformKind kind)
    {
        var seed = ValueNoise.Seed(point.ToString());
        if (!point.Settings.TryGet<string>(WaveformSchema.KeyName, out var text))
        {
            return PlausibleWaveform.For(point, kind, seed);
        }

        return WaveformParser.TryParse(text, seed, out var waveform, out var error)
            ? waveform
            : throw new InvalidOperationException($"{point}: {error}");
    }

    /// <summary>Adds an error where the map asks for a waveform that there is none of.</summary>
    public static void Validate(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        if (point.Settings.TryGet<string>(WaveformSchema.KeyName, out var text) && !WaveformParser.TryParse(text, 0, out _, out var error))
        {
            diagnostics.Add(Diagnostic.Error(point.Settings.Locate(WaveformSchema.KeyName), error));
        }
    }

    /// <summary>A value in the point's unit → the raw value, before scale and offset.</summary>
    public static PointValue ToRaw(PointDefinition point, PointValue value)
    {
        if (!value.TryGetNumber(out var number))
        {
            // A recording has an enumeration's texts, as they are published.
            return point.Enumeration?.FirstOrDefault(pair => pair.Value == value.ToString()) is { Value: not null } named ? PointValue.From(named.Key) : value;
        }

        var raw = (number - point.Offset) / (point.Scale == 0 ? 1 : point.Scale);
        return point.Enumeration is not null && decimal.IsInteger(raw) ? PointValue.From((long)raw) : PointValue.From(raw);
    }
}
