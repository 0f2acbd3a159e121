using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Drivers.Sysfs;
using Gateway.Linux.Sysfs;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway scan sysfs</c>: finds what the kernel drives already.</summary>
internal static class ScanSysfsCommand
{
    private const string Mount = "/sys";

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var map = new Option<bool>("--map") { Description = "Print a map of all of it, to copy from" };
        var mount = new Option<string>("--mount") { HelpName = "FOLDER", Description = "Where sysfs is mounted; default: /sys", DefaultValueFactory = _ => Mount };
        var command = new Command("sysfs", "Lists the sensors, batteries and LEDs that a driver of the kernel has, with their values.") { json, map, mount };
        command.SetAction(arguments =>
        {
            var folder = arguments.GetRequiredValue(mount).TrimEnd('/');
            var found = SysfsScanner.Scan(new SysfsTree(folder));
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(found, StatusJson.Readable.IReadOnlyListSysfsFind));
                return found.Count > 0 ? ExitCode.Done : ExitCode.Failed;
            }

            if (arguments.GetValue(map))
            {
                PrintMap(output, folder, found);
            }
            else
            {
                PrintTable(output, found);
            }

            return found.Count > 0 ? ExitCode.Done : throw CommandException.Failed(
                $"the kernel shows no sensors below {folder}: look whether the driver of yours is loaded, and the device in the device tree");
        });
        return command;
    }

    private static void PrintTable(TextWriter output, IReadOnlyList<SysfsFind> found)
    {
        var table = new TableView("class", "device", "bound to", "channel", "label", "value");
        foreach (var find in found)
        {
            foreach (var channel in find.Channels)
            {
                var value = channel.Value is null ? channel.Fault ?? "–" : $"{channel.Value} {channel.Unit}".TrimEnd();
                table.AddRow(find.Class, find.Device, find.Address ?? "–", channel.Channel, channel.Label ?? "–", value);
            }
        }

        table.Write(output);
    }

    private static void PrintMap(TextWriter output, string mount, IReadOnlyList<SysfsFind> found)
    {
        var names = new HashSet<string>();
        output.WriteLine($"bus: {{ sysfs: {mount} }}");
        output.WriteLine("devices:");
        foreach (var find in found)
        {
            output.WriteLine($"  - name: {Unique(names, Simple(find.Device, '-'))}");
            output.WriteLine($"    class: {find.Class}");
            output.WriteLine($"    device: {Quoted(find.Device)}");
            output.WriteLine("    every: 10 s");
            output.WriteLine("    points:");
            var points = new HashSet<string>();
            foreach (var channel in find.Channels)
            {
                var unit = channel.Unit is null ? "" : $", unit: {Quoted(channel.Unit)}";
                output.WriteLine($"      {Unique(points, Simple(channel.Label ?? channel.Channel, '_'))}: {{ channel: {Quoted(channel.Channel)}{unit} }}");
            }
        }
    }

    // A name that needs no quotes and is one level of a topic.
    private static string Simple(string text, char separator)
    {
        var name = string.Join(separator, new string([.. text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return name.Length == 0 ? "device" : char.IsAsciiDigit(name[0]) ? $"n{separator}{name}" : name;
    }

    private static string Unique(HashSet<string> taken, string name)
    {
        var unique = name;
        for (var i = 2; !taken.Add(unique); i++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
        }

        return unique;
    }

    private static string Quoted(string text) => text.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '°' or '/' or '²' or '³' or '.') && !char.IsAsciiDigit(text[0]) ? text : $"\"{text}\"";
}
