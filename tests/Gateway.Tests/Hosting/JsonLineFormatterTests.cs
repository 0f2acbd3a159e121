using Gateway.Hosting;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

public sealed class JsonLineFormatterTests
{
    [Fact]
    public void An_entry_is_a_line_with_its_fields()
    {
        KeyValuePair<string, object?>[] fields =
        [
            new("Bus", "modbus rtu /dev/ttyUSB0"), new("Device", "boiler"), new("Unit", (byte)7), new("Reason", "time\nout"), new("Message", "not twice"), new("{OriginalFormat}", "…"),
        ];
        Assert.Equal(
            """{"time":"2026-11-22T01:02:03.004Z","level":"warn","event":7002,"category":"Gateway.Bus.modbus","message":"boiler \"away\"","bus":"modbus rtu /dev/ttyUSB0","device":"boiler","unit":7,"reason":"time\nout"}""" + "\n",
            Format(fields, "boiler \"away\""));
    }

    [Fact]
    public void An_exception_is_told_whole() =>
        Assert.Contains("\"exception\":\"System.IO.IOException: no route\"", Format([], "away", new IOException("no route")), StringComparison.Ordinal);

    [Fact]
    public void What_an_entry_is_not_about_is_not_told() =>
        Assert.DoesNotContain("unit", Format([new("Device", "boiler"), new("Unit", null)], "wrote"), StringComparison.Ordinal);

    private static string Format(KeyValuePair<string, object?>[] fields, string message, Exception? exception = null)
    {
        using var writer = new StringWriter();
        new JsonLineFormatter(new ManualTimeProvider()).Write(
            new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(LogLevel.Warning, "Gateway.Bus.modbus", new EventId(7002), fields, exception, (_, _) => message), null, writer);
        return writer.ToString();
    }
}
