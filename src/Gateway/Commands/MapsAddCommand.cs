using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.DeviceMaps.Maps;
using Gateway.Hosting;

namespace Gateway.Commands;

/// <summary><c>gateway maps add</c>: the lines of a map for a device with a profile.</summary>
internal static class MapsAddCommand
{
    public static Command Create()
    {
        var profile = new Argument<string>("PROFILE") { Description = "A profile, such as eastron/sdm630" };
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "The device's name; default: the model" };
        var unit = new Option<int?>("--unit") { HelpName = "ID", Description = "The Modbus unit id; default: the profile's, else 1" };
        var every = new Option<string?>("--every") { HelpName = "TIME", Description = "The time between two reads; default: the profile's" };
        var bus = new Option<string?>("--bus") { HelpName = "KEYS", Description = "What the device hangs on, such as 'modbus: tcp, host: 10.0.0.7'; default: only the device's lines" };
        var file = new Option<string?>("--to") { HelpName = "FILE", Description = "Writes a new map with the bus and the device; default: prints it" };
        var maps = MapsCommand.CreateMaps();
        var command = new Command("add", "Makes the lines of a map for a device of the library.") { profile, name, unit, every, bus, file, maps };
        command.SetAction(arguments =>
        {
            var request = new Request(
                arguments.GetRequiredValue(profile), arguments.GetValue(name), arguments.GetValue(unit), arguments.GetValue(every), arguments.GetValue(bus), arguments.GetValue(file));
            return Add(request, arguments.GetRequiredValue(maps), arguments.InvocationConfiguration);
        });
        return command;
    }

    private static int Add(Request request, string maps, InvocationConfiguration console)
    {
        if (request is { File: not null, Bus: null })
        {
            throw CommandException.Usage("a map needs a bus: say --bus, such as --bus 'modbus: tcp, host: 10.0.0.7'");
        }

        if (File.Exists(request.File))
        {
            throw CommandException.Failed($"{request.File} is there already: leave out --to and add the lines by hand, or name another file");
        }

        var profile = MapsCommand.Find(MapsCommand.OpenLibrary(request.File is null ? maps : Path.GetDirectoryName(Path.GetFullPath(request.File))!), request.Profile);
        var text = Compose(request, profile);
        if (request.Bus is not null && !IsValid(text, request.File ?? Path.Combine(maps, "new.yaml"), console.Error))
        {
            return ExitCode.Failed;
        }

        if (request.File is null)
        {
            console.Output.Write(text);
            return ExitCode.Done;
        }

        try
        {
            using var stream = new FileStream(request.File, FileMode.CreateNew, FileAccess.Write);
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failed($"{request.File} cannot be written: {exception.Message.TrimEnd('.')}", exception);
        }

        console.Output.WriteLine($"{request.File} is written");
        return ExitCode.Done;
    }

    private static string Compose(Request request, ProfileDescription profile)
    {
        var lines = new StringBuilder();
        if (request.Bus is { } bus)
        {
            lines.Append(CultureInfo.InvariantCulture, $"bus: {{ {bus} }}\ndevices:\n");
        }

        lines.Append(CultureInfo.InvariantCulture, $"  - name: {request.Name ?? profile.Name[(profile.Name.IndexOf('/', StringComparison.Ordinal) + 1)..]}\n");
        lines.Append(CultureInfo.InvariantCulture, $"    profile: {profile.Name}    # {profile.Description}\n");
        if (request.Unit is { } unit)
        {
            lines.Append(CultureInfo.InvariantCulture, $"    unit: {unit}\n");
        }

        if (request.Every is { } every)
        {
            lines.Append(CultureInfo.InvariantCulture, $"    every: {every}\n");
        }

        return lines.ToString();
    }

    private static bool IsValid(string text, string path, TextWriter error)
    {
        var read = new ConfigurationReader(InstalledPlugins.CreateDrivers()).ReadMaps([path], new OverlaidFiles(new Dictionary<string, string> { [Path.GetFullPath(path)] = text }));
        foreach (var diagnostic in read.Diagnostics)
        {
            error.WriteLine(diagnostic);
        }

        return read.IsValid;
    }

    /// <summary>What was asked for.</summary>
    private sealed record Request(string Profile, string? Name, int? Unit, string? Every, string? Bus, string? File);
}
