using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Tests.I2c;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Tests.Sysfs;

/// <summary>A map on a driver whose hardware is attributes in memory, with the library that ships.</summary>
internal sealed class KernelMap : IAsyncDisposable
{
    private readonly IBus _bus;
    private readonly Dictionary<string, IPointReader> _readers = [];

    public KernelMap(string map, IDriver driver, TimeProvider? timeProvider = null, IPointMemory? memory = null)
    {
        Definition = I2cMap.Load(map, [driver]);
        Context = new DriverContext(timeProvider ?? TimeProvider.System, Log) { Memory = memory };
        _bus = driver.Open(Definition, Context);
    }

    public BusDefinition Definition { get; }

    public DriverContext Context { get; }

    public RecordingSink Sink { get; } = new();

    /// <summary>What was logged.</summary>
    public Lines Log { get; } = new();

    /// <summary>Reads all points of a device.</summary>
    public async Task<ReadOutcome> ReadAsync(string device)
    {
        Sink.Clear();
        if (!_readers.TryGetValue(device, out var reader))
        {
            var definition = Definition.Devices.First(each => each.Name == device);
            _readers[device] = reader = _bus.CreateReader(definition, definition.Points);
        }

        return await reader.ReadAsync(Sink, CancellationToken.None);
    }

    /// <summary>What a point of the last read was, or why it was not.</summary>
    public string this[string point] => Sink[point] is { Quality: Quality.Good } reading ? reading.Value.ToString() : Sink[point].Reason!;

    public ValueTask<WriteOutcome> WriteAsync(string point, PointValue value) => _bus.WriteAsync(
        Definition.Devices.SelectMany(device => device.Points).First(each => each.ToString() == point), value, CancellationToken.None);

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    /// <summary>Keeps what is logged.</summary>
    internal sealed class Lines : ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> All => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));
    }
}
