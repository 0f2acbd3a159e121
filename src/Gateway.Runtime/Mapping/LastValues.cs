using System.Collections.Concurrent;

namespace Gateway.Runtime.Mapping;

/// <summary>The newest measurement of each point, whether it was published or not. As large as the maps. Thread-safe.</summary>
public sealed class LastValues
{
    // Each point has its place for good: a new object for each value would live just long enough to burden the garbage collector.
    private readonly ConcurrentDictionary<(string Device, string Point), Place> _places = [];

    private TaskCompletionSource? _waiter;

    /// <summary>Ends with the next measurement. Whoever takes it first and looks at the values then misses none.</summary>
    public Task NextChange
    {
        get
        {
            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _waiter, waiter, null) ?? waiter).Task;
        }
    }

    /// <summary>Takes a point's newest measurement.</summary>
    public void Set(in Measurement measurement)
    {
        var place = _places.GetOrAdd((measurement.Device, measurement.Point), static _ => new Place());
        lock (place)
        {
            place.Measurement = measurement;
        }

        if (Volatile.Read(ref _waiter) is not null)
        {
            Interlocked.Exchange(ref _waiter, null)?.TrySetResult();
        }
    }

    /// <summary>The newest measurement of a point; null if it was not read yet.</summary>
    public Measurement? Find(string device, string point)
    {
        if (!_places.TryGetValue((device, point), out var place))
        {
            return null;
        }

        lock (place)
        {
            return place.Measurement;
        }
    }

    /// <summary>Forgets a point that is no longer polled.</summary>
    public void Remove(string device, string point) => _places.TryRemove((device, point), out _);

    private sealed class Place
    {
        public Measurement? Measurement { get; set; }
    }
}
