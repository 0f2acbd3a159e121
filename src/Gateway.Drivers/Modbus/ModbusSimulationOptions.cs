using System.Collections.ObjectModel;
using Gateway.Drivers.Simulated;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Modbus;

/// <summary>How simulated devices differ from what their map says of them. By default they don't.</summary>
public sealed record ModbusSimulationOptions
{
    /// <summary>A recording that goes before the map's waveforms; null: none.</summary>
    public Replay? Replay { get; init; }

    /// <summary>How far numbers are off at most, as a share of themselves, 0 to 1. Default 0.</summary>
    public decimal Noise { get; init; }

    /// <summary>What goes wrong, by device. Default: nothing.</summary>
    public IReadOnlyDictionary<string, ModbusFaults> Faults { get; init; } = ReadOnlyDictionary<string, ModbusFaults>.Empty;
}
