using Gateway.Abstractions;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Tests.Polling;

public sealed class BusLoggerTests
{
    private const string Bus = "modbus tcp plc:502";

    private readonly Recorder _entries = new();
    private readonly BusLogger _logger;

    public BusLoggerTests() => _logger = new BusLogger(_entries, Bus, name => name == "boiler" ? Points.Device("boiler", Points.Point("flow")) : null);

    [Fact]
    public void An_entry_that_names_neither_bus_nor_device_is_given_its_bus()
    {
        _logger.Log(LogLevel.Information, default, "The Modbus connection is open.", null, (text, _) => text);
        Assert.Equal(($"{Bus}: The Modbus connection is open.", $"Bus={Bus}"), Assert.Single(_entries.Seen));
    }

    [Fact]
    public void A_device_is_a_field_without_its_address()
    {
        Log.DeviceOffline(_logger, "boiler (unit 7)", Bus, "timeout");
        Assert.Equal(
            ($"boiler (unit 7) on {Bus} does not answer (timeout); asked again with growing pauses", $"Bus={Bus}, Device=boiler, Reason=timeout"), Assert.Single(_entries.Seen));
    }

    [Fact]
    public void A_point_tells_its_device()
    {
        Log.ValueReset(_logger, Points.Point("flow"), PointValue.From(7L), 5);
        var (text, fields) = Assert.Single(_entries.Seen);
        Assert.StartsWith("boiler.flow begins anew at 7: ", text, StringComparison.Ordinal);
        Assert.Equal($"Bus={Bus}, Device=boiler, Point=flow, Value=7, Count=5", fields);
    }

    private sealed class Recorder : ILogger
    {
        public List<(string Text, string Fields)> Seen { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Seen.Add((formatter(state, exception), string.Join(", ", ((IEnumerable<KeyValuePair<string, object?>>)state!).Select(field => $"{field.Key}={field.Value}"))));
    }
}
