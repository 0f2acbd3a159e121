using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Tests;

/// <summary>Keeps what was reported. Thread-safe.</summary>
internal sealed class RecordingSink : IListeningSink
{
    private readonly ConcurrentQueue<Reading> _readings = new();
    private readonly ConcurrentQueue<(string Device, bool IsHeard)> _finished = new();

    public IReadOnlyList<Reading> All => [.. _readings];

    public Reading this[string point] => _readings.Last(reading => reading.Point.Name == point);

    public void Report(in Reading reading) => _readings.Enqueue(reading);

    public IReadOnlyList<(string Device, bool IsHeard)> Finished => [.. _finished];

    public void Finish(string device, bool isHeard) => _finished.Enqueue((device, isHeard));

    public void Clear() => _readings.Clear();
}
