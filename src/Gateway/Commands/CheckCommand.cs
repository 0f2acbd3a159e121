using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway check</c>: validates configuration and maps without touching hardware.</summary>
internal static partial class CheckCommand
{
    public static Command Create()
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = $"Configurations, maps and folders of maps; default: {ServiceOptions.DefaultConfiguration}",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("check", "Validates configuration and maps without touching hardware, and prints each bus's load estimate.") { paths, json };
        command.SetAction(arguments => Run(
            arguments.GetValue(paths) is { Length: > 0 } given ? given : [ServiceOptions.DefaultConfiguration],
            new DiskFiles(),
            arguments.InvocationConfiguration.Output,
            arguments.InvocationConfiguration.Error,
            arguments.GetValue(json)));
        return command;
    }

    /// <summary>Checks files, and prints what is found. Returns the exit code.</summary>
    internal static int Run(IReadOnlyList<string> paths, ISourceFiles files, TextWriter output, TextWriter error, bool asJson = false)
    {
        var reader = new ConfigurationReader(InstalledPlugins.CreateDrivers());
        var kinds = paths.ToLookup(path => IsConfiguration(path, files));
        var results = kinds[true].Select(path => reader.Read(path, files)).ToList();
        if (kinds[false].ToArray() is { Length: > 0 } maps)
        {
            results.Add(reader.ReadMaps(maps, files));
        }

        var faults = InstalledPlugins.All.Faults;
        foreach (var fault in faults)
        {
            error.WriteLine(fault);
        }

        if (asJson)
        {
            var document = new CheckDocument(
                [.. results.SelectMany(result => result.Diagnostics).Select(CheckFinding.Of)],
                [.. results.SelectMany(result => result.Buses).Select(bus => CheckedBus.Of(bus, reader.EstimateLoad(bus)))]);
            output.WriteLine(JsonSerializer.Serialize(document, StatusJson.Readable.CheckDocument));
        }
        else
        {
            foreach (var diagnostic in results.SelectMany(result => result.Diagnostics))
            {
                error.WriteLine(diagnostic);
            }

            PrintLoads(output, reader, results.SelectMany(result => result.Buses));
        }

        return faults.Count == 0 && results.TrueForAll(result => result.IsValid) ? ExitCode.Done : ExitCode.Failed;
    }

    private static void PrintLoads(TextWriter output, ConfigurationReader reader, IEnumerable<BusDefinition> buses)
    {
        var table = new TableView("bus", "devices", "points", "load", "reckoned");
        foreach (var bus in buses)
        {
            var load = reader.EstimateLoad(bus);
            table.AddRow(
                bus.Name,
                bus.Devices.Count.ToString(CultureInfo.InvariantCulture),
                bus.Devices.Sum(device => device.AllPoints.Count()).ToString(CultureInfo.InvariantCulture),
                load is null ? "–" : StatusText.Percent(load.Utilisation),
                load?.Arithmetic ?? "");
        }

        table.Write(output);
    }

    // A file may have any name: its keys tell, unless it has none.
    private static bool IsConfiguration(string path, ISourceFiles files)
    {
        if (Path.GetFileName(path) == "gateway.yaml")
        {
            return true;
        }

        try
        {
            return files.IsFile(path) && ReadHead(path, files) is var text && ConfigurationKey().IsMatch(text) && !MapKey().IsMatch(text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or RegexMatchTimeoutException)
        {
            return false; // the loader says why it cannot be read
        }
    }

    private static string ReadHead(string path, ISourceFiles files)
    {
        using var reader = new StreamReader(files.OpenRead(path));
        var head = new char[64 * 1024];
        return new string(head, 0, reader.ReadBlock(head));
    }

    [GeneratedRegex("""^["']?(site|devicemaps|data|uplink|publish|queue|broker|bridge|serve|metrics|clock|web)["']?\s*:""", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ConfigurationKey();

    [GeneratedRegex("""^["']?(bus|devices)["']?\s*:""", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MapKey();
}
