using System.CommandLine;
using Gateway.Hosting;
using Gateway.Linux.Systemd;

namespace Gateway.Commands;

/// <summary><c>gateway run</c>: the service.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var config = ServiceOptions.CreateConfig();
        var log = new Option<string>("--log") { Description = "How the log is written: text, or json, a line of JSON each with bus, device, point and unit.", DefaultValueFactory = _ => "text" };
        log.AcceptOnlyFromAmong("text", "json");
        var command = new Command("run", "Runs the service: polls the devices of the maps and publishes what they say.") { config, log };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetRequiredValue(config), arguments.GetValue(log) == "json", cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string configurationPath, bool logsJson, CancellationToken cancellationToken)
    {
        var sockets = SystemdSockets.Take();
        var options = new GatewayServiceOptions { ConfigurationPath = configurationPath, Drivers = InstalledPlugins.CreateDrivers(), BrokerSockets = sockets.Listening };
        var plugins = InstalledPlugins.All;
        using var host = GatewayHost.Create(options, LogLevel.Information, services =>
        {
            foreach (var extension in plugins.Extensions)
            {
                extension.AddServices(services);
            }
        }, logsJson);
        var logger = host.Services.GetRequiredService<ILogger<GatewayService>>();
        foreach (var refused in sockets.Refused)
        {
            Log.SocketRefused(logger, refused);
        }

        foreach (var fault in plugins.Faults)
        {
            Log.PluginNotLoaded(logger, fault);
        }

        try
        {
            await GatewayHost.RunAsync(host, cancellationToken);
            return ExitCode.Done;
        }
        catch (DataFolderException exception)
        {
            throw CommandException.Failed(exception.Message, exception);
        }
    }
}
