using System.CommandLine;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;
using Gateway.Linux.Systemd;
using Gateway.Mqtt.Broker;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Broker;

namespace Gateway.Commands;

/// <summary><c>gateway broker</c>: the MQTT broker alone.</summary>
internal static class BrokerCommand
{
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var config = new Option<string?>("--config", "-c") { HelpName = "FILE", Description = "Takes listeners, users, access list and limits from the 'broker' section of a configuration" };
        var listen = new Option<string[]>("--listen", "-l")
        {
            HelpName = "URL",
            Description = "Where to listen: mqtt, mqtts, ws or wss with ://HOST:PORT, or unix:/PATH; may be repeated; default: mqtt://127.0.0.1:1883",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = "Keeps sessions and retained messages in this folder; default: they end with the broker" };
        var allowAnonymous = new Option<bool>("--allow-anonymous") { Description = "Listens beyond this machine though there are no users" };
        var tls = new BrokerTlsFlags();
        var command = new Command("broker", "Runs the MQTT broker alone.") { config, listen, data, allowAnonymous };
        tls.AddTo(command);
        command.SetAction((arguments, cancellationToken) =>
        {
            var file = arguments.GetValue(config);
            var section = file is null ? new BrokerOptions { Listen = new MqttBrokerOptions().Listen } : ReadSection(file, arguments.InvocationConfiguration.Error);
            var urls = arguments.GetValue(listen) is { Length: > 0 } given ? [.. given.Select(ParseUrl)] : section.Listen;
            return RunAsync(file, section, tls.Apply(arguments, section) with { Listen = urls }, arguments.GetValue(data), arguments.GetValue(allowAnonymous), cancellationToken);
        });
        return command;
    }

    private static BrokerOptions ReadSection(string file, TextWriter error)
    {
        var (options, diagnostics) = new ConfigurationLoader(new DiskFiles()).Load(file);
        foreach (var diagnostic in diagnostics)
        {
            error.WriteLine(diagnostic);
        }

        return options?.Broker ?? throw CommandException.Failed($"{file} is not valid: mend what is listed above");
    }

    private static async Task RunUntilStoppedAsync(string? file, BrokerOptions section, BrokerAccess access, MqttBroker broker, ILogger logger, CancellationToken cancellationToken)
    {
        if (file is not null)
        {
            await new BrokerReloader(file, section, access, broker, TimeProvider.System, logger).RunAsync(cancellationToken);
            return;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : throw CommandException.Usage($"'{text}' is no address: write mqtt://HOST:PORT, mqtts://, ws://, wss:// or unix:/PATH");

    private static async Task<int> RunAsync(
        string? file, BrokerOptions section, BrokerOptions effective, string? dataFolder, bool allowAnonymous, CancellationToken cancellationToken)
    {
        var sockets = SystemdSockets.Take();
        using var loggerFactory = LoggerFactory.Create(logging => ConsoleLogging.Add(logging, LogLevel.Information));
        var logger = loggerFactory.CreateLogger(nameof(BrokerCommand));
        foreach (var refused in sockets.Refused)
        {
            Log.SocketRefused(logger, refused);
        }

        try
        {
            using var instanceLock = dataFolder is null ? null : InstanceLock.Take(dataFolder);
            using var access = new BrokerAccess(section, dataFolder);
            using var store = dataFolder is null
                ? null
                : new BrokerStore(DataFolder.BrokerPath(dataFolder), TimeProvider.System, loggerFactory.CreateLogger<BrokerStore>());
            var options = access.Apply(effective) with { Store = store, AllowAnonymous = allowAnonymous, InheritedSockets = sockets.Listening };
            await using var broker = new MqttBroker(options, TimeProvider.System, loggerFactory);
            await broker.StartAsync(cancellationToken);
            await RunUntilStoppedAsync(file, section, access, broker, logger, cancellationToken);
            using var shutdown = new CancellationTokenSource(ShutdownTime, TimeProvider.System);
            await broker.StopAsync(shutdown.Token);
            return ExitCode.Done;
        }
        catch (Exception exception) when (exception is MqttBrokerException or DataFolderException)
        {
            throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
        }
    }
}
