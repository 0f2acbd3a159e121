using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Runtime;
using Gateway.Web;

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

        output.WriteLine($"{status.Site}: gateway {status.Version}, running since {StatusText.Age(status.Started, now)}");
        foreach (var problem in status.Problems)
        {
            output.WriteLine($"problem  {problem}");
        }

        foreach (var uplink in status.Uplinks)
        {
            output.WriteLine($"{StatusText.NameOf(uplink),-8} {uplink.Url} {StatusText.Describe(uplink, now)}");
            if (StatusText.DescribeServers(uplink, now) is { } servers)
            {
                output.WriteLine($"         {servers}");
            }
        }

        if (status.Uplinks.Count == 0)
        {
            output.WriteLine("uplink   none");
        }

        output.WriteLine($"queue    {StatusText.Describe(status.Queue, now)}");
        if (!status.IsClockSynchronised)
        {
            output.WriteLine($"clock    {StatusText.ClockUnsynchronised}");
        }

        if (status.MemoryProblem is { } trouble)
        {
            output.WriteLine($"memory   {StatusText.DescribeMemory(trouble)}");
        }

        if (status.Bridge is { } bridge)
        {
            output.WriteLine($"bridge   {bridge.Connection.Url} {StatusText.Describe(bridge.Connection, now)}; {StatusText.DescribeCounts(bridge)}; {StatusText.Describe(bridge.Queue, now, "message")}");
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"broker   {(status.Broker.Listeners.Count == 0 ? "no listener" : string.Join(", ", status.Broker.Listeners))} (clients: {status.Broker.Clients})"));
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

    private static async Task<GatewayStatus> AskAsync(string dataFolder, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(dataFolder);
        return await client.TryGetAsync("/api/status", StatusJson.Readable.GatewayStatus, cancellationToken)
            ?? throw CommandException.Failed($"no service runs on {dataFolder}: start it with 'gateway run', or name its data folder with --data");
    }

    private static string Milliseconds(double number) => string.Create(CultureInfo.InvariantCulture, $"{number:0.#} ms");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
