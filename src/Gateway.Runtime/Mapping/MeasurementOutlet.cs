using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Mapping;

/// <summary>Takes what is to be published, in the order of acquisition per point. Thread-safe.</summary>
internal interface IMeasurementQueue
{
    void Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body, bool isUrgent);
}

/// <summary>A queue that also counts what was lost on the way to it.</summary>
internal interface ICountingQueue : IMeasurementQueue
{
    void CountHeld(IReadOnlyDictionary<string, long> lost);
}

/// <summary>The offline queue as the place for measurements.</summary>
internal sealed class MeasurementQueue(OfflineQueue queue) : ICountingQueue
{
    public void Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body, bool isUrgent) =>
        queue.Append(time, device, point, body, isUrgent, out _);

    public void CountHeld(IReadOnlyDictionary<string, long> lost) => queue.CountHeld(lost);
}

/// <summary>
/// The way to the queue, which another one may take the place of: meanwhile measurements are held, the first <see cref="Limit"/> of them.
/// Neither blocks nor throws. Thread-safe.
/// </summary>
/// <param name="logger">Is told of those that found no room.</param>
internal sealed class MeasurementOutlet(ILogger logger) : IMeasurementQueue
{
    /// <summary>Ten seconds of a thousand readings a second.</summary>
    public const int Limit = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<Held> _held = [];
    private readonly Dictionary<string, long> _lost = []; // by device
    private IMeasurementQueue? _queue;

    public void Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body, bool isUrgent)
    {
        lock (_gate)
        {
            if (_queue is { } queue)
            {
                queue.Append(time, device, point, body, isUrgent);
            }
            else if (_held.Count < Limit)
            {
                _held.Enqueue(new Held(time, device, point, body, isUrgent));
            }
            else
            {
                _lost[device] = _lost.GetValueOrDefault(device) + 1;
            }
        }
    }

    /// <summary>Gives a queue what was held, the counts of what found no room, and what comes.</summary>
    public void Open(ICountingQueue queue)
    {
        lock (_gate)
        {
            while (_held.TryDequeue(out var held))
            {
                queue.Append(held.Time, held.Device, held.Point, held.Body, held.IsUrgent);
            }

            if (_lost.Count > 0)
            {
                Log.HeldTooMany(logger, _lost.Values.Sum());
                queue.CountHeld(_lost);
                _lost.Clear();
            }

            _queue = queue;
        }
    }

    /// <summary>Holds what comes.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _queue = null;
        }
    }

    private readonly record struct Held(DateTimeOffset Time, string Device, string Point, ReadOnlyMemory<byte> Body, bool IsUrgent);
}
