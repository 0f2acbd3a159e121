using System.Collections.ObjectModel;
using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Simulated;

/// <summary>How simulated devices differ from what their map says of them. By default they don't.</summary>
public sealed record SimulationOptions
{
    /// <summary>A recording that goes before the map's waveforms; null: none.</summary>
    public Replay? Replay { get; init; }

    /// <summary>How far numbers are off at most, as a share of themselves, 0 to 1. Default 0.</summary>
    public decimal Noise { get; init; }

    /// <summary>What goes wrong, by device. Default: nothing.</summary>
    public IReadOnlyDictionary<string, ModbusFaults> Faults { get; init; } = ReadOnlyDictionary<string, ModbusFaults>.Empty;

    /// <summary>What a point shows.</summary>
    /// <param name="point">The point.</param>
    /// <param name="kind">Of which kind its values are.</param>
    internal Waveform WaveformOf(PointDefinition point, WaveformKind kind)
    {
        var clean = Replay?.Of(point) ?? PointWaveform.Of(point, kind);
        return Noise == 0 ? clean : new NoisyWaveform(clean, Noise, ValueNoise.Seed(point.ToString()));
    }
}
