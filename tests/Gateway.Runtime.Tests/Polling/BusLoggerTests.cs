using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Tests.Polling;

public sealed class BusLoggerTests : ILogger
{
    private readonly List<(string Text, string Fields)> _entries = [];
    private readonly BusLogger _logger;

    public BusLoggerTests() => _logger = new BusLogger(this, "modbus tcp plc:502", name => name == "boiler" ? Points.Device("boiler", Points.Point("flow")) : null);

    [Fact]
    public void An_entry_that_names_neither_bus_nor_device_is_given_its_bus()
    {
        _logger.LogInformation("The Modbus connection is open.");
        Assert.Equal(("modbus tcp plc:502: The Modbus connection is open.", "Bus=modbus tcp plc:502"), Assert.Single(_entries));
    }

    [Fact]
    public void A_device_is_a_field_without_its_address()
    {
        _logger.LogWarning("{Device} on {Bus} does not answer ({Reason})", "boiler (unit 7)", "modbus tcp plc:502", "timeout");
        Assert.Equal(
            ("boiler (unit 7) on modbus tcp plc:502 does not answer (timeout)", "Bus=modbus tcp plc:502, Device=boiler, Reason=timeout"), Assert.Single(_entries));
    }

    [Fact]
    public void A_point_tells_its_device()
    {
        _logger.LogWarning("{Point} cannot be had", Points.Point("flow"));
        Assert.Equal(("boiler.flow cannot be had", "Bus=modbus tcp plc:502, Device=boiler, Point=flow"), Assert.Single(_entries));
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Add((formatter(state, exception), string.Join(", ", ((IEnumerable<KeyValuePair<string, object?>>)state!).Select(field => $"{field.Key}={field.Value}"))));
}
