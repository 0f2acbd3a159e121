using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway diff</c>: what a reload would change.</summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var options = new ServiceOptions();
        var command = new Command("diff", "Shows what a reload of configuration and maps would change, compared with what was taken up last. Touches nothing.");
        options.AddTo(command);
        command.SetAction(arguments => Run(
            arguments.GetRequiredValue(options.Config), options.FindDataFolder(arguments), arguments.GetValue(options.Json), arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error));
        return command;
    }

    /// <summary>Compares, and prints what it finds. Returns the exit code.</summary>
    internal static int Run(string configurationPath, string dataFolder, bool asJson, TextWriter output, TextWriter error)
    {
        var reader = new ConfigurationReader(InstalledPlugins.CreateDrivers());
        var after = reader.Read(configurationPath, new DiskFiles());
        if (!after.IsValid)
        {
            foreach (var diagnostic in after.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error))
            {
                error.WriteLine(diagnostic);
            }

            throw CommandException.Failed("a reload would change nothing, since the configuration is not valid: mend what is listed above");
        }

        var before = ReadLastGood(reader, configurationPath, dataFolder);
        var changes = ConfigurationDifference.Compare(before, after);
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(changes, StatusJson.Readable.IReadOnlyListConfigurationChange));
            return ExitCode.Done;
        }

        foreach (var change in changes)
        {
            var sign = change.Change switch { "added" => '+', "removed" => '-', _ => '~' };
            var indent = change.Kind switch { "device" => "  ", "point" => "    ", _ => "" };
            output.WriteLine($"{sign} {indent}{change.Kind} {change.Name}{(change.Detail is { } detail ? $": {detail}" : "")}");
        }

        output.WriteLine(Sum(changes, before, after));
        return ExitCode.Done;
    }

    private static ReadConfiguration? ReadLastGood(ConfigurationReader reader, string configurationPath, string dataFolder)
    {
        try
        {
            // That which would run: the newest that this version accepts.
            var kept = new LastGoodCopy(dataFolder, configurationPath, ProgramVersion.Text).Kept.Select(kept => reader.Read(configurationPath, kept.Files)).ToList();
            return kept.FirstOrDefault(read => read.IsValid) ?? kept.FirstOrDefault();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failed($"{dataFolder} cannot be read ({exception.Message.TrimEnd('.')}): ask as the service's user, or with sudo", exception);
        }
    }

    private static string Sum(IReadOnlyList<ConfigurationChange> changes, ReadConfiguration? before, ReadConfiguration after)
    {
        if (before is null)
        {
            return "Nothing has been taken up yet: all of it is new.";
        }

        if (changes.Count == 0)
        {
            return "Nothing would change.";
        }

        // A bus whose own keys differ is opened anew, with all that is on it.
        var buses = changes.Where(change => change is { Kind: "bus", Change: "added" } or { Kind: "bus", Change: "changed", Detail: not null }).Select(change => change.Name).ToHashSet();
        var devices = changes.Where(change => change is { Kind: "device", Change: not "removed" }).Select(change => change.Name).ToHashSet();
        devices.UnionWith(after.Buses.Where(bus => buses.Contains(bus.Name)).SelectMany(bus => bus.Devices).Select(device => device.Name));
        return string.Create(CultureInfo.InvariantCulture, $"{devices.Count} of {after.Buses.Sum(bus => bus.Devices.Count)} devices would be read anew; the others do not miss a poll.");
    }
}
