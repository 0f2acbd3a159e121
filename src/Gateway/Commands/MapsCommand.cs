using System.CommandLine;
using System.Text.Json;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.DeviceMaps.Schema;
using Gateway.Hosting;
using Gateway.Runtime.Configuration;

namespace Gateway.Commands;

/// <summary><c>gateway maps</c>: the device library.</summary>
internal static class MapsCommand
{
    /// <summary>Where the maps of an installed service are.</summary>
    public const string DefaultMaps = "/etc/gateway/devicemaps";

    private static readonly string[] OwnColumns = ["unit", "every", "write"];

    public static Command Create() => new("maps", "Shows the device library, and makes maps from it.")
    {
        CreateList(),
        CreateShow(),
        MapsAddCommand.Create(),
        CreateSchema(),
    };

    /// <summary>A fresh <c>--maps DIR</c>.</summary>
    public static Option<string> CreateMaps() => new("--maps")
    {
        HelpName = "DIR",
        Description = "The folder of your maps: profiles in its library/ go before those that ship",
        DefaultValueFactory = _ => DefaultMaps,
    };

    /// <summary>The library that maps in a folder use.</summary>
    public static ProfileLibrary OpenLibrary(string maps)
    {
        var files = new DiskFiles();
        return new ProfileLibrary(files, ProfileLibrary.SearchPath([maps], files));
    }

    /// <summary>A profile by its name.</summary>
    public static ProfileDescription Find(ProfileLibrary library, string name) => library.Describe(name)
        ?? throw CommandException.Failed($"there is no profile '{name}' in the device library: 'gateway maps list' shows those that there are");

    private static Command CreateList()
    {
        var text = new Argument<string?>("TEXT") { Description = "Only profiles with this text in their name or description", Arity = ArgumentArity.ZeroOrOne };
        var maps = CreateMaps();
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("list", "Lists the profiles of the device library.") { text, maps, json };
        command.SetAction(arguments => List(
            OpenLibrary(arguments.GetRequiredValue(maps)), arguments.GetValue(text) ?? "", arguments.GetValue(json), arguments.InvocationConfiguration.Output));
        return command;
    }

    private static Command CreateShow()
    {
        var profile = new Argument<string>("PROFILE") { Description = "A profile, such as eastron/sdm630" };
        var maps = CreateMaps();
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("show", "Shows a profile: what it is, where its registers are from, and its points.") { profile, maps, json };
        command.SetAction(arguments => Show(
            Find(OpenLibrary(arguments.GetRequiredValue(maps)), arguments.GetRequiredValue(profile)), arguments.GetValue(json), arguments.InvocationConfiguration.Output));
        return command;
    }

    private static Command CreateSchema()
    {
        var kind = new Argument<string>("KIND") { Description = "Of a map, of a profile, or of gateway.yaml (configuration)", DefaultValueFactory = _ => "map" };
        kind.AcceptOnlyFromAmong("map", "profile", "configuration");
        var command = new Command("schema", "Prints the JSON Schema by which editors complete and check maps.") { kind };
        command.SetAction(arguments => arguments.InvocationConfiguration.Output.Write(arguments.GetRequiredValue(kind) switch
        {
            "profile" => JsonSchema.OfProfiles(InstalledPlugins.CreateDrivers()),
            "configuration" => JsonSchema.Of(ConfigurationSchema.Schema, ConfigurationSchema.Title),
            _ => JsonSchema.OfMaps(InstalledPlugins.CreateDrivers()),
        }));
        return command;
    }

    private static int List(ProfileLibrary library, string text, bool asJson, TextWriter output)
    {
        var profiles = library.List().Select(library.Describe).OfType<ProfileDescription>().Where(profile => Has(profile.Name, text) || Has(profile.Description, text)).ToList();
        if (profiles.Count == 0)
        {
            throw CommandException.Failed(text.Length > 0
                ? $"no profile has '{text}' in its name or description: 'gateway maps list' shows all"
                : $"the device library is empty: its folders are {string.Join(", ", library.Folders)}");
        }

        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize([.. profiles.Select(ProfileRow.Of)], MapsJson.Readable.ProfileRowArray));
            return ExitCode.Done;
        }

        var table = new TableView("profile", "driver", "description", "source");
        foreach (var profile in profiles)
        {
            table.AddRow(profile.Name, profile.Driver, profile.Description, string.Join("; ", profile.Sources));
        }

        table.Write(output);
        return ExitCode.Done;
    }

    private static int Show(ProfileDescription profile, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(profile, MapsJson.Readable.ProfileDescription));
            return ExitCode.Done;
        }

        var about = new List<ProfileKey> { new("profile", profile.Name), new("description", profile.Description), new("driver", profile.Driver) };
        about.AddRange(profile.Sources.Select(source => new ProfileKey("source", source)));
        about.Add(new("file", profile.Path));
        about.AddRange(profile.Settings);
        var width = about.Max(key => key.Name.Length);
        foreach (var key in about)
        {
            output.WriteLine($"{key.Name.PadRight(width)}  {key.Value}");
        }

        output.WriteLine();
        var every = profile.Settings.FirstOrDefault(key => key.Name == "every")?.Value ?? "";
        var table = new TableView("point", "unit", "every", "write", "read as");
        foreach (var point in profile.Points)
        {
            table.AddRow(
                point.Name,
                point.Find("unit") ?? "",
                point.Find("every") ?? every,
                point.Find("write") == "true" ? "yes" : "",
                string.Join(", ", point.Keys.Where(key => !OwnColumns.Contains(key.Name)).Select(key => $"{key.Name}: {key.Value}")));
        }

        table.Write(output);
        return ExitCode.Done;
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
