using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Blocking;

/// <summary>
/// Blocks the poll loop in its read while a pipe is there that nobody writes to: the kernel's open(2) does not come back, whatever is cancelled.
/// Where there is none, its points are <c>true</c>.
/// </summary>
public sealed class BlockingDriver : IDriver
{
    private static readonly KeySchema Pipe = new()
    {
        Name = "blocking",
        Type = KeyType.Text,
        Required = true,
        Description = "The path of the pipe.",
        Example = "/run/pipe",
    };

    public DriverSchema Schema { get; } = new()
    {
        Name = "blocking",
        Description = "Blocks while a pipe is there.",
        Selector = Pipe,
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "a blocking bus", Keys = [] } },
        Device = new() { Name = "a blocking device", Keys = [] },
        Point = new() { Name = "a point of a blocking device", Keys = [] },
    };

    public string NameBus(Settings bus) => $"blocking {bus.Get<string>("blocking")}";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
    }

    public IBus Open(BusDefinition bus, DriverContext context) => new Bus(bus.Settings.Get<string>("blocking"), context.TimeProvider);

    private sealed class Bus(string pipe, TimeProvider timeProvider) : IBus
    {
        public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => new Reader(pipe, timeProvider, points);

        public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new WriteOutcome("there is nothing to write"));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Reader(string pipe, TimeProvider timeProvider, IReadOnlyList<PointDefinition> points) : IPointReader
    {
        public ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            if (File.Exists(pipe))
            {
                File.OpenHandle(pipe).Dispose();
            }

            foreach (var point in points)
            {
                sink.Report(Reading.Good(point, PointValue.From(true), timeProvider.GetUtcNow()));
            }

            return ValueTask.FromResult(ReadOutcome.Answered);
        }
    }
}
