using System.CommandLine;
using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Schema;
using Gateway.Drivers.Simulated;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;

namespace Gateway.Commands;

/// <summary>The options of <c>gateway simulate</c> that make devices other than their map says: for all of them, or as <c>DEVICE=…</c> for one.</summary>
internal sealed class SimulationFlags
{
    // One seventh of a fault rate is for each of the seven kinds of faults.
    private const double Kinds = 7;

    private readonly Option<string?> _csv = new("--csv") { HelpName = "FILE", Description = "Replays a recording: the column time (in seconds, or dates), and columns device.point or point" };
    private readonly Option<decimal> _noise = new("--noise") { HelpName = "SHARE", Description = "How far numbers are off at most, as a share of themselves, such as 0.01" };
    private readonly Option<string[]> _delay = Repeatable("--delay", "[DEVICE=]TIME", "How long answers take, such as 50ms");
    private readonly Option<string[]> _faultRate = Repeatable("--fault-rate", "[DEVICE=]SHARE", "The share of answers or frames that are lost, damaged, late, doubled, noise or, on Modbus, another unit's or refused, such as 0.05");
    private readonly Option<string[]> _exception = Repeatable("--exception", "[DEVICE=]CODE", "Refuses every Modbus request with this exception code, such as 6");

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _csv, _noise, _delay, _faultRate, _exception })
        {
            command.Add(option);
        }
    }

    /// <summary>What is asked for.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="buses">The devices that it may name.</param>
    public SimulationOptions Read(ParseResult arguments, IReadOnlyList<BusDefinition> buses)
    {
        var noise = arguments.GetValue(_noise);
        if (noise is < 0 or > 1)
        {
            throw CommandException.Usage("--noise is a share from 0 to 1, such as 0.01");
        }

        var devices = buses.SelectMany(bus => bus.Devices).ToList();
        var modbus = buses.Where(bus => bus.DriverName == "modbus").SelectMany(bus => bus.Devices).ToList();
        var faults = new Dictionary<string, ModbusFaults>();
        Apply(arguments.GetValue(_delay), devices, faults, static (fault, text) => fault with { Delay = ParseTime(text) });
        Apply(arguments.GetValue(_faultRate), devices, faults, static (fault, text) => Spread(fault, ParseShare(text) / Kinds));
        Apply(arguments.GetValue(_exception), modbus, faults, static (fault, text) => Spread(fault, 0) with { Exception = 1, ExceptionCode = ParseCode(text) }, "Modbus device");
        return new SimulationOptions
        {
            Replay = arguments.GetValue(_csv) is { } path ? ReadReplay(path, devices) : null,
            Noise = noise,
            Faults = faults,
        };
    }

    private static Option<string[]> Repeatable(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description + "; may be repeated", Arity = ArgumentArity.OneOrMore };

    // What is said for one device goes before what is said for all.
    private static void Apply(
        string[]? values, List<DeviceDefinition> devices, Dictionary<string, ModbusFaults> faults, Func<ModbusFaults, string, ModbusFaults> apply, string kind = "device")
    {
        foreach (var value in (values ?? []).OrderBy(value => value.Contains('=', StringComparison.Ordinal)))
        {
            var at = value.IndexOf('=', StringComparison.Ordinal);
            var name = at < 0 ? null : value[..at];
            if (name is not null && devices.TrueForAll(device => device.Name != name))
            {
                throw CommandException.Usage($"there is no {kind} '{name}' in the maps{NearMiss.Suggest(name, devices.Select(device => device.Name))}");
            }

            foreach (var device in devices.Where(device => name is null || device.Name == name))
            {
                faults[device.Name] = apply(faults.GetValueOrDefault(device.Name) ?? new ModbusFaults(), value[(at + 1)..]);
            }
        }
    }

    private static ModbusFaults Spread(ModbusFaults faults, double share) => faults with
    {
        Drop = share,
        Corrupt = share,
        Exception = share,
        WrongUnit = share,
        Late = share,
        Duplicate = share,
        Babble = share,
    };

    private static TimeSpan ParseTime(string text) => Quantity.TryParseDuration(text, out var time)
        ? time
        : throw CommandException.Usage($"'{text}' is no time: write a number with ms or s, such as 50ms");

    private static double ParseShare(string text) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share <= 1
        ? share
        : throw CommandException.Usage($"'{text}' is no share: write a number from 0 to 1, such as 0.05");

    private static ExceptionCode ParseCode(string text) => byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code > 0
        ? (ExceptionCode)code
        : throw CommandException.Usage($"'{text}' is no exception code: write 1 to 255, such as 6 for busy");

    private static Replay ReadReplay(string path, List<DeviceDefinition> devices)
    {
        try
        {
            using var reader = File.OpenText(path);
            var replay = Replay.Read(reader);
            var points = devices.SelectMany(device => device.Points).ToList();
            return replay.Columns.FirstOrDefault(column => !points.Exists(point => Replay.IsAbout(column, point))) is { } stranger
                ? throw CommandException.Failed($"{path}: no device of the maps has the point '{stranger}'")
                : replay;
        }
        catch (FormatException exception)
        {
            throw CommandException.Failed($"{path}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failed($"{path} cannot be read: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
