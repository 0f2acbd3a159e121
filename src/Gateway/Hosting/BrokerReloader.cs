using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Mqtt.Broker;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>
/// Has <c>gateway broker</c> follow its files while it runs: users and access list are taken up at once, broken ones are named
/// and those of before stay, and what only a start can change is said to need one.
/// </summary>
internal sealed class BrokerReloader(string configurationPath, BrokerOptions running, BrokerAccess access, MqttBroker broker, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var watcher = new ConfigurationWatcher(timeProvider, logger);
        Watch(watcher, running);
        while (true)
        {
            try
            {
                await watcher.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Reload(watcher);
        }
    }

    private void Reload(ConfigurationWatcher watcher)
    {
        var (options, diagnostics) = new ConfigurationLoader(new DiskFiles()).Load(configurationPath);
        if (options is null)
        {
            foreach (var diagnostic in diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            {
                Log.Invalid(logger, diagnostic.ToString());
            }

            Log.KeepsRunning(logger);
            return;
        }

        Watch(watcher, options.Broker);
        if (!OptionsComparison.IsSameBroker(running, options.Broker))
        {
            Log.BrokerNeedsRestart(logger, configurationPath);
            return;
        }

        try
        {
            access.Reload(options.Broker, broker);
            Log.AccessReloaded(logger);
        }
        catch (MqttBrokerException exception)
        {
            Log.Invalid(logger, exception.Message.TrimEnd('.'));
            Log.KeepsRunning(logger);
        }
    }

    private void Watch(ConfigurationWatcher watcher, BrokerOptions options)
        => watcher.Watch([.. new[] { configurationPath, options.UsersFile, options.AclFile }.OfType<string>().Select(Path.GetFullPath).Distinct()]);
}
