using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Runtime.Tests.Reloading;

/// <summary>A driver that writes down what is done with its buses. Every read gives how often its point was read.</summary>
internal sealed class ReloadableDriver : IDriver
{
    private readonly FakeDriver _fake = new();

    public DriverSchema Schema => _fake.Schema;

    /// <summary>opened, closed, reloaded, with the bus; read, with device and points; reader, likewise, when one is made.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Whether its buses can be reloaded.</summary>
    public bool CanReload { get; init; } = true;

    /// <summary>What an opening throws; null: nothing.</summary>
    public Exception? OpenFault { get; set; }

    /// <summary>No opening ends before it does, and blocks its thread; null: each ends at once.</summary>
    public ManualResetEventSlim? OpenHold { get; set; }

    /// <summary>What a reload throws; null: nothing.</summary>
    public Exception? ReloadFault { get; set; }

    public string NameBus(Settings bus) => _fake.NameBus(bus);

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
    }

    public IBus Open(BusDefinition bus, DriverContext context)
    {
        if (OpenFault is { } fault)
        {
            throw fault;
        }

        OpenHold?.Wait();
        Calls.Enqueue($"opened {bus.Name}");
        return CanReload ? new ReloadableBus(this, bus.Name, context.TimeProvider) : new Bus(this, bus.Name, context.TimeProvider);
    }

    public int Count(string call) => Calls.Count(each => each == call);

    private class Bus(ReloadableDriver driver, string name, TimeProvider time) : IBus
    {
        protected ReloadableDriver Driver => driver;

        protected string Name => name;

        public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points)
        {
            driver.Calls.Enqueue($"reader {device.Name}");
            return new Reader(driver, device, points, time);
        }

        public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) => ValueTask.FromResult(WriteOutcome.Done);

        public ValueTask DisposeAsync()
        {
            driver.Calls.Enqueue($"closed {name}");
            return ValueTask.CompletedTask;
        }
    }

    private sealed class ReloadableBus(ReloadableDriver driver, string name, TimeProvider time) : Bus(driver, name, time), IReloadableBus
    {
        public ValueTask ReloadAsync(BusDefinition definition, CancellationToken cancellationToken)
        {
            Driver.Calls.Enqueue($"reloaded {Name}");
            return Driver.ReloadFault is { } fault ? throw fault : ValueTask.CompletedTask;
        }
    }

    private sealed class Reader(ReloadableDriver driver, DeviceDefinition device, IReadOnlyList<PointDefinition> points, TimeProvider time) : IPointReader
    {
        private long _count;

        public ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            _count++;
            foreach (var point in points)
            {
                sink.Report(Reading.Good(point, PointValue.From(_count), time.GetUtcNow()));
            }

            driver.Calls.Enqueue($"read {device.Name}");
            return ValueTask.FromResult(ReadOutcome.Answered);
        }
    }
}
