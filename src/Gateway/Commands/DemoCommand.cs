using System.CommandLine;
using System.Globalization;
using System.Net;
using Gateway.Hosting;
using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Commands;

/// <summary><c>gateway demo</c>: a whole simulated plant with no hardware, polled and published as a real one.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var brokerPort = CreatePort("--broker-port", "The port of the local broker; 0: a free one", 1883);
        var webPort = CreatePort("--web-port", "The port of the page; 0: a free one", 8080);
        var command = new Command("demo", "Runs a whole simulated plant with no hardware, until Ctrl-C, and prints where to look.") { brokerPort, webPort };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            arguments.GetValue(brokerPort), arguments.GetValue(webPort), arguments.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    private static Option<int> CreatePort(string name, string description, int standard)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                result.AddError($"'{text}' is no port: write a number up to 65535");
            }
        });
        return option;
    }

    private static async Task<int> RunAsync(int brokerPort, int webPort, TextWriter output, CancellationToken cancellationToken)
    {
        using var loggerFactory = LoggerFactory.Create(logging => ConsoleLogging.Add(logging, LogLevel.Warning));
        try
        {
            await using var plant = await DemoPlant.OpenAsync(brokerPort, webPort, loggerFactory);
            var options = new GatewayServiceOptions
            {
                ConfigurationPath = plant.ConfigurationPath,
                Drivers = plant.Drivers,
                WhenListenerFails = ListenerFailurePolicy.Throw,
                ReloadsOnHangUp = false,
            };
            using var host = GatewayHost.Create(options, LogLevel.Warning);
            var service = host.Services.GetRequiredService<GatewayService>();
            var running = GatewayHost.RunAsync(host, cancellationToken);
            if (await Task.WhenAny(service.Readied, running) == service.Readied && service.Readied.IsCompletedSuccessfully)
            {
                Announce(output, plant, service);
            }

            await running;
            return ExitCode.Done;
        }
        catch (ListenerException exception)
        {
            throw CommandException.Failed($"{exception.Message}; stop that program, or choose another port with --broker-port and --web-port", exception);
        }
    }

    private static void Announce(TextWriter output, DemoPlant plant, GatewayService service)
    {
        var gateway = CommandPath();
        var broker = service.Broker?.Listeners.Select(listener => listener.EndPoint).OfType<IPEndPoint>().FirstOrDefault();
        var status = service.GetStatus();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A plant of {status.Buses.Sum(bus => bus.Devices.Count)} simulated devices on {status.Buses.Count} buses runs."));
        output.WriteLine();
        output.WriteLine($"  the page        {string.Join(", ", service.PageAddresses)}");
        output.WriteLine($"  all messages    {gateway} sub -p {broker?.Port} -v -t 'demo/#'");
        output.WriteLine($"  stop the pump   {gateway} pub -p {broker?.Port} -t demo/boiler/pump_running/set -m false");
        output.WriteLine($"  its status      {gateway} status --data {plant.DataFolder}");
        output.WriteLine($"  its map         {plant.MapPath}");
        output.WriteLine();
        output.WriteLine("Ctrl-C stops it.");
        output.Flush();
    }

    /// <summary>How this very program is called from the current folder, to be copied into another terminal.</summary>
    private static string CommandPath()
    {
        var program = Environment.ProcessPath ?? "gateway";
        if (Path.GetFileName(program) != "gateway")
        {
            return $"{program} {Path.Combine(AppContext.BaseDirectory, "gateway.dll")}";
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (folders.Any(folder => Path.Combine(folder, "gateway") == program))
        {
            return "gateway";
        }

        var relative = Path.GetRelativePath(Environment.CurrentDirectory, program);
        return relative.StartsWith("..", StringComparison.Ordinal) ? program : "./" + relative;
    }
}
