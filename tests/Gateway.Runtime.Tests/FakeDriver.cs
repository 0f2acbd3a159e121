using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Runtime.Tests;

/// <summary>A driver whose points count their reads and hold what is written to them.</summary>
/// <param name="held">Values that points hold from the start, by their names; null: none.</param>
internal sealed class FakeDriver(IReadOnlyDictionary<string, PointValue>? held = null) : IDriver
{
    private static readonly SectionSchema NoKeys = new() { Name = "fake", Keys = [] };

    public DriverSchema Schema { get; } = new()
    {
        Name = "fake",
        Description = "For tests.",
        Selector = new KeySchema { Name = "fake", Type = KeyType.Boolean, Description = "For tests." },
        Bus = new Dictionary<string, SectionSchema> { [""] = NoKeys },
        Device = NoKeys,
        Point = NoKeys,
    };

    public string NameBus(Settings bus) => "fake";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
    }

    public IBus Open(BusDefinition bus, DriverContext context) => new Bus(context.TimeProvider, held);

    private sealed class Bus(TimeProvider time, IReadOnlyDictionary<string, PointValue>? held) : IBus
    {
        private readonly Dictionary<PointDefinition, PointValue> _written = [];
        private long _reads;

        public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => new Reader(this, points);

        public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
        {
            _written[point] = value;
            return ValueTask.FromResult(WriteOutcome.Done);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Reader(Bus bus, IReadOnlyList<PointDefinition> points) : IPointReader
        {
            public ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
            {
                foreach (var point in points)
                {
                    sink.Report(Reading.Good(point, bus.Find(point) ?? PointValue.From(++bus._reads), bus.Time));
                }

                return ValueTask.FromResult(ReadOutcome.Answered);
            }
        }

        private DateTimeOffset Time => time.GetUtcNow();

        private PointValue? Find(PointDefinition point) =>
            _written.TryGetValue(point, out var value) || held?.TryGetValue(point.Name, out value) is true ? value : null;
    }
}
