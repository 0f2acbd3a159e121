using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Runtime;
using Gateway.Web;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary><c>gateway status</c>: what the running service says of itself.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var options = new ServiceOptions();
        var command = new Command("status", "Shows what the running service says of itself: uplink, queue, buses, devices.");
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var status = await AskAsync(options.FindDataFolder(arguments), cancellationToken);
            Print(arguments.InvocationConfiguration.Output, status, arguments.GetValue(options.Json), TimeProvider.System.GetUtcNow());
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Prints a status for people, or as JSON.</summary>
    internal static void Print(TextWriter output, GatewayStatus status, bool asJson, DateTimeOffset now)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(status, StatusJson.Readable.GatewayStatus));
            return;
        }

        var lines = StatusReport.Describe(status, now);
        var toLookAt = lines.Where(line => line.IsToLookAt).Select(line => line.Topic).Distinct().ToList();
        output.WriteLine($"{status.Site}: gateway {status.Version}, running since {StatusText.Age(status.Started, now)}; {(toLookAt.Count == 0 ? "all is well" : $"look at: {string.Join(", ", toLookAt)}")}");
        foreach (var line in lines)
        {
            Write(output, line);
        }

        var buses = new TableView("bus", "busy", "answered", "failed", "left out", "late: median", "p99", "most", "errors");
        var devices = new TableView("device", "state", "bus", "errors");
        foreach (var bus in status.Buses)
        {
            buses.AddRow(
                bus.Name,
                StatusText.Percent(bus.Utilisation),
                Text(bus.Polls),
                Text(bus.Failures),
                Text(bus.Missed),
                Milliseconds(bus.Lateness.MedianMilliseconds),
                Milliseconds(bus.Lateness.P99Milliseconds),
                Milliseconds(bus.Lateness.MaximumMilliseconds),
                StatusText.DescribeErrors(bus.Errors));
            foreach (var device in bus.Devices)
            {
                devices.AddRow(device.Name, StatusText.Describe(device), bus.Name, StatusText.DescribeErrors(device.Errors));
            }
        }

        buses.Write(output);
        devices.Write(output);
    }

    // In colour where people look; the words alone say it, too.
    private static void Write(TextWriter output, StatusLine line)
    {
        if (TableView.IsDrawn(output))
        {
            AnsiConsole.MarkupLine($"[{(line.IsToLookAt ? "red" : "green")}]{Markup.Escape(line.Label),-8}[/] {Markup.Escape(line.Text)}");
        }
        else
        {
            output.WriteLine($"{line.Label,-8} {line.Text}");
        }
    }

    private static async Task<GatewayStatus> AskAsync(string dataFolder, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(dataFolder);
        return await client.TryGetAsync("/api/status", StatusJson.Readable.GatewayStatus, cancellationToken)
            ?? throw CommandException.Failed($"no service runs on {dataFolder}: start it with 'gateway run', or name its data folder with --data");
    }

    private static string Milliseconds(double number) => string.Create(CultureInfo.InvariantCulture, $"{number:0.#} ms");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
