using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Tests.Polling;

public sealed class DeviceLoggerTests
{
    private const string Bus = "modbus tcp plc:502";

    private readonly Recorder _entries = new();
    private readonly DeviceLogger _logger;

    public DeviceLoggerTests() => _logger = new DeviceLogger(_entries, Bus, Find);

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
        Log.ValueReset(_logger, "boiler", "flow", PointValue.From(7L), 5);
        var (text, fields) = Assert.Single(_entries.Seen);
        Assert.StartsWith("boiler.flow begins anew at 7: ", text, StringComparison.Ordinal);
        Assert.Equal($"Bus={Bus}, Device=boiler, Point=flow, Value=7, Count=5", fields);
    }

    [Fact]
    public void A_device_tells_its_bus()
    {
        Log.RecordUnreadable(new DeviceLogger(_entries, null, Find), "boiler", 17);
        Assert.Equal(("Queue record 17 of boiler cannot be read; it is parked", $"Bus={Bus}, Device=boiler, Position=17"), Assert.Single(_entries.Seen));
    }

    [Fact]
    public void A_command_tells_its_bus()
    {
        Log.CommandDone(new DeviceLogger(_entries, null, Find), "plant1/boiler/flow/set", "boiler", "flow", "7");
        Assert.Equal(("plant1/boiler/flow/set: wrote 7", $"Bus={Bus}, Device=boiler, Point=flow, Topic=plant1/boiler/flow/set, Value=7"), Assert.Single(_entries.Seen));
    }

    [Fact]
    public void A_device_that_is_gone_has_no_bus()
    {
        Log.RecordUnreadable(new DeviceLogger(_entries, null, Find), "attic", 17);
        Assert.Equal("Device=attic, Position=17", Assert.Single(_entries.Seen).Fields);
    }

    private static (string Bus, DeviceDefinition Device)? Find(string name) => name == "boiler" ? (Bus, Points.Device("boiler", Points.Point("flow"))) : null;

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
