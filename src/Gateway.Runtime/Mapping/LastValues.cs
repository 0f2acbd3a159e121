using System.Collections.Concurrent;

namespace Gateway.Runtime.Mapping;

/// <summary>The newest measurement of each point, whether it was published or not. As large as the maps. Thread-safe.</summary>
public sealed class LastValues
{
    private readonly ConcurrentDictionary<(string Device, string Point), Measurement> _values = [];

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
        _values[(measurement.Device, measurement.Point)] = measurement;
        if (Volatile.Read(ref _waiter) is not null)
        {
            Interlocked.Exchange(ref _waiter, null)?.TrySetResult();
        }
    }

    /// <summary>The newest measurement of a point; null if it was not read yet.</summary>
    public Measurement? Find(string device, string point) => _values.TryGetValue((device, point), out var found) ? found : null;

    /// <summary>Forgets a point that is no longer polled.</summary>
    public void Remove(string device, string point) => _values.TryRemove((device, point), out _);
}
