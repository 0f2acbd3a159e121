using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Linux.Serial;
using Gateway.Modbus;
using Gateway.Modbus.Client;
using Gateway.Web;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Commands;

/// <summary><c>gateway scan sunspec</c>: a map of all that a SunSpec device offers.</summary>
internal static class ScanSunSpecCommand
{
    private static readonly TimeSpan StandardTimeout = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var target = new ModbusTargetOptions([19200], [SerialParity.Even]);
        var units = new Option<string>("--units")
        {
            HelpName = "LIST",
            Description = "The unit ids to ask, such as 126 or 1-10; default: 1,126,2-10,100,240-247",
            DefaultValueFactory = _ => "1,126,2-10,100,240-247",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var maps = MapsCommand.CreateMaps();
        var command = new Command("sunspec", "Walks the SunSpec models of a device and prints a map with all points that it has implemented, to be kept as a file.") { units, json, maps };
        target.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (target.Read(arguments) is not [var line])
            {
                throw CommandException.Usage("name one baud rate and one parity; 'gateway scan modbus' tries several");
            }

            var asked = ScanCommand.ParseUnits(arguments.GetRequiredValue(units), line.Port is not null);
            var found = await SurveyAsync(line, asked, target.ReadTimeout(arguments, StandardTimeout), cancellationToken);
            if (found.Count == 0)
            {
                throw CommandException.Failed($"no unit on {line} has a SunSpec map: look whether Modbus is switched on in the device, and name its unit with --units");
            }

            var output = arguments.InvocationConfiguration.Output;
            await output.WriteAsync(arguments.GetValue(json)
                ? JsonSerializer.Serialize(found, StatusJson.Readable.IReadOnlyListSunSpecUnitSurvey) + "\n"
                : Compose(line, found, KnownPoints(MapsCommand.OpenLibrary(arguments.GetRequiredValue(maps)))));
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<IReadOnlyList<SunSpecUnitSurvey>> SurveyAsync(ModbusTarget line, IReadOnlyList<byte> units, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var found = new List<SunSpecUnitSurvey>();
            await using var client = line.CreateClient(timeout, TimeProvider.System, NullLogger.Instance);
            foreach (var unit in units)
            {
                if (await SunSpecSurvey.ReadAsync(client, new ModbusUnit(unit), cancellationToken) is { } models && !found.Exists(other => IsSame(other.Models, models)))
                {
                    found.Add(new SunSpecUnitSurvey(unit, models));
                }
            }

            return found;
        }
        catch (ModbusTransportException exception)
        {
            throw CommandException.Failed($"{line}: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    // A device that does not look at the unit id is one device: model 1 has its serial number.
    private static bool IsSame(IReadOnlyList<SunSpecSurveyModel> one, IReadOnlyList<SunSpecSurveyModel> other) =>
        one is [{ Id: 1 } first, ..] && other is [{ Id: 1 } second, ..] && first.Points.SequenceEqual(second.Points)
        && one.Select(model => model.Id).SequenceEqual(other.Select(model => model.Id));

    // What the profiles that ship call points, and what else they know of them.
    private static Dictionary<string, ProfilePoint> KnownPoints(ProfileLibrary library) => library.List()
        .Where(name => name.StartsWith("sunspec/", StringComparison.Ordinal))
        .Select(library.Describe)
        .OfType<ProfileDescription>()
        .SelectMany(profile => profile.Points)
        .Where(point => point.Find("sunspec") is not null)
        .DistinctBy(point => point.Find("sunspec"))
        .ToDictionary(point => point.Find("sunspec")!);

    private static string Compose(ModbusTarget line, IReadOnlyList<SunSpecUnitSurvey> found, Dictionary<string, ProfilePoint> known)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"bus: {line.ToYaml()}\ndevices:\n");
        foreach (var (unit, models) in found)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - name: sunspec-{unit}\n    unit: {unit}\n    every: 5 s\n    points:\n");
            var names = new HashSet<string>();
            foreach (var model in models)
            {
                var what = model.Name is null ? "not known to the gateway" : model.Points.Count == 0 ? $"{model.Name}, nothing in it" : model.Name;
                text.Append(CultureInfo.InvariantCulture, $"      # Model {model.Id}, {what}, {model.Length} registers at {model.Address}\n");
                foreach (var point in model.Points)
                {
                    var profile = known.GetValueOrDefault(point.Reference);
                    var name = profile is not null && names.Add(profile.Name) ? profile.Name : NameOf(point.Reference, names);
                    text.Append(CultureInfo.InvariantCulture, $"      {name}: {{ sunspec: {point.Reference}{Keys(point, profile)} }}   # {Comment(point.Value)}\n");
                }
            }
        }

        return text.ToString();
    }

    private static string Keys(SunSpecSurveyPoint point, ProfilePoint? profile)
    {
        var keys = profile is null
            ? point.Unit is null ? [] : [$"unit: {(point.Unit == "%" ? "\"%\"" : point.Unit)}"]
            : profile.Keys.Where(key => key.Name != "sunspec").Select(key => $"{key.Name}: {key.Value}");
        return string.Concat(keys.Select(key => $", {key}"));
    }

    private static string NameOf(string reference, HashSet<string> names)
    {
        var plain = reference.Replace('.', '_').ToLowerInvariant();
        var name = plain;
        for (var i = 2; !names.Add(name); i++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{plain}_{i}");
        }

        return name;
    }

    // A device's own text must not end the comment.
    private static string Comment(string value) => new([.. value.Select(character => char.IsControl(character) ? ' ' : character)]);
}

/// <summary>What a unit offers.</summary>
/// <param name="Unit">Its id.</param>
/// <param name="Models">Its models, in their order.</param>
internal sealed record SunSpecUnitSurvey(byte Unit, IReadOnlyList<SunSpecSurveyModel> Models);
