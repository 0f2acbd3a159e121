using System.Collections.Concurrent;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Tests;

/// <summary>A memory that outlives the buses of a test. Thread-safe.</summary>
internal sealed class FakeMemory : IPointMemory
{
    private readonly ConcurrentDictionary<(string Point, string Key), decimal> _values = [];

    /// <summary>Thrown by what saves while it is set.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Called by what loads, after it was looked up.</summary>
    public Action Loaded { get; set; } = static () => { };

    public decimal? this[string point, string key] => _values.TryGetValue((point, key), out var value) ? value : null;

    public decimal? Load(PointDefinition point, string key)
    {
        var value = this[point.Name, key];
        Loaded();
        return value;
    }

    public void Save(PointDefinition point, string key, decimal value, TimeSpan within) => _values[(point.Name, key)] = Fault is null ? value : throw Fault;
}
