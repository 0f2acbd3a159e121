using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Polling;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Polling;

/// <summary>A bus whose devices answer as a test says, at no cost of time but what the test asks for.</summary>
internal sealed class FakeBus(ManualTimeProvider time) : IBus
{
    private int _calls;

    private ManualTimeProvider Time => time;

    private DateTimeOffset Now => time.GetUtcNow();

    public ConcurrentDictionary<string, ReadOutcome> Outcomes { get; } = [];

    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>No read or write that begins ends before it does.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>How much time passes while a device is read; none if it is not named.</summary>
    public ConcurrentDictionary<string, TimeSpan> Durations { get; } = [];

    public Exception? CreationFault { get; set; }

    public ConcurrentDictionary<string, Exception> Faults { get; } = [];

    public Exception? ClosingFault { get; set; }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) =>
        CreationFault is { } fault ? throw fault : new Reader(this, device, points);

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"write {point} {value}");
        if (Hold is { } hold)
        {
            await hold.Task.WaitAsync(cancellationToken);
        }

        return WriteOutcome.Done;
    }

    public ValueTask DisposeAsync() => ClosingFault is { } fault ? ValueTask.FromException(fault) : ValueTask.CompletedTask;

    private sealed class Reader(FakeBus bus, DeviceDefinition device, IReadOnlyList<PointDefinition> points) : IPointReader
    {
        public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            Assert.Equal(1, Interlocked.Increment(ref bus._calls));
            bus.Calls.Enqueue($"read {device.Name} {string.Join(',', points.Select(p => p.Name))}");
            if (bus.Hold is { } hold)
            {
                await hold.Task.WaitAsync(cancellationToken);
            }

            if (bus.Durations.TryGetValue(device.Name, out var duration))
            {
                bus.Time.Advance(duration);
            }

            Interlocked.Decrement(ref bus._calls);
            if (bus.Faults.TryGetValue(device.Name, out var fault))
            {
                throw fault;
            }

            var outcome = bus.Outcomes.GetValueOrDefault(device.Name);
            foreach (var point in points)
            {
                var now = bus.Now;
                sink.Report(outcome.Reason is { } reason ? Reading.Bad(point, reason, now) : Reading.Good(point, PointValue.From(1L), now));
            }

            return outcome;
        }
    }
}

internal sealed class RecordingObserver : IPollObserver
{
    public ConcurrentQueue<Reading> Readings { get; } = [];

    public ConcurrentQueue<string> States { get; } = [];

    public void Report(in Reading reading) => Readings.Enqueue(reading);

    public void PollFinished(DeviceDefinition device)
    {
    }

    public void DeviceChanged(DeviceDefinition device, DeviceState state) =>
        States.Enqueue($"{device.Name} {(state.IsOnline ? "online" : $"offline {state.Reason}")}");
}
