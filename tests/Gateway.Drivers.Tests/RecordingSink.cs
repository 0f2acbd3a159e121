using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Tests;

/// <summary>Keeps what was reported. Thread-safe.</summary>
internal sealed class RecordingSink : IReadingSink
{
    private readonly ConcurrentQueue<Reading> _readings = new();

    public IReadOnlyList<Reading> All => [.. _readings];

    public Reading this[string point] => _readings.Last(reading => reading.Point.Name == point);

    public void Report(in Reading reading) => _readings.Enqueue(reading);

    public void Clear() => _readings.Clear();
}
