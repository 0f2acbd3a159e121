using System.CommandLine;
using System.Net;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Drivers.Gpio;
using Gateway.Drivers.Simulated;
using Gateway.Hosting;

namespace Gateway.Commands;

/// <summary><c>gateway simulate</c>: serves the devices of maps as simulated hardware.</summary>
internal static class SimulateCommand
{
    private const string DefaultAddress = "127.0.0.1:5020";

    public static Command Create()
    {
        var maps = new Argument<string[]>("MAP") { Description = "Maps and folders of maps", Arity = ArgumentArity.OneOrMore };
        var listen = new Option<string>("--listen")
        {
            HelpName = "HOST:PORT",
            Description = "Where the first Modbus TCP bus is served, each further one on the next port; port 0: each on a free one",
            DefaultValueFactory = _ => DefaultAddress,
        };
        var link = new Option<string?>("--link") { HelpName = "PATH", Description = "Where a link to the simulated serial port is put, with -2, -3… to further ones" };
        var command = new Command("simulate", "Serves the Modbus and serial devices of maps as simulated hardware, until Ctrl-C.") { maps, listen, link };
        var flags = new SimulationFlags();
        flags.AddTo(command);
        command.SetAction((arguments, cancellationToken) =>
        {
            var address = ParseAddress(arguments.GetRequiredValue(listen));
            var buses = Read(arguments.GetRequiredValue(maps), arguments.InvocationConfiguration.Error);
            return RunAsync(buses, address, arguments.GetValue(link), flags.Read(arguments, buses), arguments.InvocationConfiguration, cancellationToken);
        });
        return command;
    }

    private static IPEndPoint ParseAddress(string text)
    {
        var address = text.StartsWith("localhost:", StringComparison.Ordinal) ? string.Concat("127.0.0.1", text.AsSpan("localhost".Length)) : text;
        return IPEndPoint.TryParse(address, out var endPoint) && address.LastIndexOf(':') > address.LastIndexOf(']') && address.Contains(':', StringComparison.Ordinal)
            ? endPoint
            : throw CommandException.Usage($"'{text}' is no address to listen on: write HOST:PORT, such as {DefaultAddress}");
    }

    private static async Task<int> RunAsync(
        IReadOnlyList<BusDefinition> buses,
        IPEndPoint listen,
        string? link,
        SimulationOptions options,
        InvocationConfiguration console,
        CancellationToken cancellationToken)
    {
        using var loggerFactory = LoggerFactory.Create(logging => ConsoleLogging.Add(logging, LogLevel.Information));
        try
        {
            await using var plant = await SimulatedPlant.OpenAsync(buses, listen, link, TimeProvider.System, loggerFactory, options);
            if (plant.Served.Count == 0)
            {
                throw CommandException.Failed("the maps have neither a Modbus bus nor a serial device with 'simulate', and others are not simulated outside of 'gateway demo'");
            }

            Announce(plant, console.Output);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Done;
        }
        catch (ListenerException exception)
        {
            throw CommandException.Failed(exception.Message, exception);
        }
    }

    private static IReadOnlyList<BusDefinition> Read(string[] maps, TextWriter error)
    {
        var read = new ConfigurationReader(InstalledPlugins.CreateDrivers(GpioSimulation.Open)).ReadMaps(maps, new DiskFiles());
        foreach (var diagnostic in read.Diagnostics)
        {
            error.WriteLine(diagnostic);
        }

        return read.IsValid ? read.Buses : throw CommandException.Failed("the maps are not valid: mend what is listed above");
    }

    private static void Announce(SimulatedPlant plant, TextWriter output)
    {
        foreach (var (bus, place) in plant.Served)
        {
            output.WriteLine($"{bus.Name} is served on {place}: {string.Join(", ", bus.Devices)}");
        }

        output.Flush();
    }
}
