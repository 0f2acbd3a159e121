using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Modbus;
using Gateway.Linux.Serial;
using Gateway.Modbus;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.Web;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary><c>gateway scan</c>: finds what is there.</summary>
internal static class ScanCommand
{
    private static readonly TimeSpan SerialTimeout = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromMilliseconds(500);

    private const int ShortestName = 3;

    // What meters and inverters are delivered with, roughly in the order of how many are.
    private static readonly int[] Bauds = [9600, 19200, 38400, 115200, 57600, 4800, 2400];
    private static readonly SerialParity[] Parities = [SerialParity.None, SerialParity.Even, SerialParity.Odd];

    public static Command Create() => new("scan", "Finds devices, and the ports that they may hang on.")
    {
        CreateModbus(), ScanSunSpecCommand.Create(), CreateSerial(), ScanGpioCommand.Create(), ScanI2cCommand.Create(), ScanOneWireCommand.Create(), ScanSysfsCommand.Create(),
    };

    private static Command CreateModbus()
    {
        var target = CreateTarget();
        var units = new Option<string>("--units") { HelpName = "LIST", Description = "The unit ids, such as 1-247 or 1,2,10-20; default: 1-247", DefaultValueFactory = _ => "1-247" };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("modbus", "Looks for Modbus devices in all baud rates, parities and unit ids, names the profile that fits, and prints what to write into a map. Ctrl-C ends it with what was found.") { units, json };
        target.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var lines = target.Read(arguments);
            var timeout = target.ReadTimeout(arguments, TimeoutOf(lines[0]));
            var scanner = new ModbusScanner(lines, ParseUnits(arguments.GetRequiredValue(units), lines[0].Port is not null), timeout, TimeProvider.System, NullLogger.Instance);
            var output = arguments.InvocationConfiguration.Output;
            var found = await ScanAsync(scanner, lines[0], arguments.InvocationConfiguration.Error, cancellationToken);
            Print(output, found, arguments.GetValue(json));
            return found.Count > 0 ? ExitCode.Done : throw CommandException.Failed(cancellationToken.IsCancellationRequested
                ? $"stopped before anything answered on {lines[0].Port ?? lines[0].ToString()}"
                : $"nothing answered on {lines[0].Port ?? lines[0].ToString()}: look at power, at the two wires (swap A and B), and try a longer --timeout");
        });
        return command;
    }

    private static Command CreateSerial()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("serial", "Lists the serial ports with the names that stay the same when adapters change places.") { json };
        command.SetAction(arguments =>
        {
            var ports = SerialPortInfo.List();
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(ports, StatusJson.Readable.IReadOnlyListSerialPortInfo));
                return ports.Count > 0 ? ExitCode.Done : ExitCode.Failed;
            }

            var table = new TableView("port", "by id", "usb", "driver");
            foreach (var port in ports)
            {
                table.AddRow(port.Path, port.ById ?? "–", port.Adapter?.ToString() ?? "–", port.Driver ?? "–");
            }

            table.Write(output);
            return ports.Count > 0 ? ExitCode.Done : throw CommandException.Failed("there is no serial port: plug the adapter in, and look at 'dmesg' for what the kernel says of it");
        });
        return command;
    }

    /// <summary>The flags of a line that is not known.</summary>
    internal static ModbusTargetOptions CreateTarget() => new(Bauds, Parities);

    /// <summary>How long a device may take unless somebody says otherwise.</summary>
    internal static TimeSpan TimeoutOf(ModbusTarget line) => line.Port is null ? NetworkTimeout : SerialTimeout;

    internal static List<byte> ParseUnits(string text, bool isSerial)
    {
        var units = new List<byte>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-', 2);
            if (!byte.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !byte.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                || first > last
                || (isSerial && first == 0))
            {
                throw CommandException.Usage($"'{part}' are no unit ids: write such as 1-{ModbusLimits.MaxSerialUnitId} or 1,2,10-20");
            }

            units.AddRange(Enumerable.Range(first, last - first + 1).Select(unit => (byte)unit));
        }

        return [.. units.Distinct()];
    }

    private static Task<List<ScanFind>> ScanAsync(ModbusScanner scanner, ModbusTarget line, TextWriter error, CancellationToken cancellationToken)
    {
        var found = new List<ScanFind>();
        if (Console.IsErrorRedirected || !ReferenceEquals(error, Console.Error))
        {
            return ScanAsync(scanner, line, found, _ => { }, cancellationToken);
        }

        return ProgressView.On(error).StartAsync(context =>
        {
            var task = context.AddTask(Markup.Escape(line.ToString()));
            return ScanAsync(scanner, line, found, progress =>
            {
                task.MaxValue = progress.Total;
                task.Value = progress.Asked;
                task.Description = Markup.Escape($"{progress.Where}, found: {found.Count}");
            }, cancellationToken);
        });
    }

    /// <summary>Looks for devices and their profiles.</summary>
    /// <param name="scanner">Asks for them.</param>
    /// <param name="line">The line, for what goes wrong.</param>
    /// <param name="found">Takes them.</param>
    /// <param name="progress">Is told of each request; what was found before is in <paramref name="found"/> then.</param>
    /// <param name="cancellationToken">Ends the scan; what was found is worth something.</param>
    internal static async Task<List<ScanFind>> ScanAsync(
        ModbusScanner scanner, ModbusTarget line, List<ScanFind> found, Action<ModbusScanProgress> progress, CancellationToken cancellationToken)
    {
        var files = new DiskFiles();
        var profiles = ModbusProfiles.Load(files, new ProfileLibrary(files, ProfileLibrary.SearchPath([], files)));
        ScanFind[] unnamed = [];
        try
        {
            await foreach (var find in scanner.ScanAsync(progress, cancellationToken))
            {
                unnamed = [new ScanFind(find.Line.ToYaml(), find.UnitId, find.AnswersAll, null, null)];
                var unit = new ModbusUnit(find.UnitId);
                var identification = await IdentifyAsync(find.Client, unit, cancellationToken);
                var profile = await profiles.MatchAsync(find.Client, unit, find.Table, identification, cancellationToken);
                found.Add(new ScanFind(find.Line.ToYaml(), find.UnitId, find.AnswersAll, identification, profile));
                unnamed = [];
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C: what was found so far is worth something.
            found.AddRange(unnamed.Take(1));
        }
        catch (ModbusTransportException exception) when (found.Count == 0)
        {
            throw CommandException.Failed($"{line.Port ?? line.ToString()}: {exception.Message.TrimEnd('.')}", exception);
        }
        catch (ModbusTransportException)
        {
            // The line broke: as for Ctrl-C.
        }

        return found;
    }

    private static async Task<string?> IdentifyAsync(ModbusClient client, ModbusUnit unit, CancellationToken cancellationToken)
    {
        var (_, objects) = await client.ReadIdentificationAsync(unit, IdentificationCategory.Basic, cancellationToken);
        var words = objects.Values.Select(text => text.Trim('\0', ' ')).Where(text => text.Length > 0).ToList();
        if (words.Count > 0)
        {
            return string.Join(' ', words);
        }

        // The bytes are the maker's own: what can be read among them is a name.
        var (_, id) = await client.ReportServerIdAsync(unit, cancellationToken);
        var name = new string([.. id.Where(value => value is >= 0x20 and < 0x7F).Select(value => (char)value)]).Trim();
        return name.Length >= ShortestName ? name : null;
    }

    private static void Print(TextWriter output, IReadOnlyList<ScanFind> found, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(found, StatusJson.Readable.IReadOnlyListScanFind));
            return;
        }

        var table = new TableView("unit", "profile", "says of itself", "line");
        foreach (var find in found)
        {
            table.AddRow(find.AnswersAll ? "any" : find.Unit.ToString(CultureInfo.InvariantCulture), find.Profile ?? "none fits", find.Identification ?? "–", find.Bus);
        }

        table.Write(output);
        PrintMap(output, found);
    }

    /// <summary>Prints what to write into a map.</summary>
    internal static void PrintMap(TextWriter output, IReadOnlyList<ScanFind> found)
    {
        foreach (var line in found.GroupBy(find => find.Bus))
        {
            output.WriteLine();
            output.WriteLine($"bus: {line.Key}");
            output.WriteLine("devices:");
            foreach (var find in line)
            {
                output.WriteLine($"  - name: {find.Profile?.Split('/')[1] ?? "device"}-{find.Unit}");
                output.WriteLine(find.Profile is { } profile
                    ? $"    profile: {profile}"
                    : "    points: { first: { holding: 0 } }   # see its manual, and 'gateway probe modbus'");
                output.WriteLine($"    unit: {find.Unit}");
                output.WriteLine("    every: 1 s");
            }
        }
    }
}

/// <summary>A device that <c>gateway scan modbus</c> found.</summary>
/// <param name="Bus">Its line, as the <c>bus</c> of a map.</param>
/// <param name="Unit">Its unit id.</param>
/// <param name="AnswersAll">Whether it answers in the name of any unit.</param>
/// <param name="Identification">What it says of itself; null: nothing.</param>
/// <param name="Profile">The profile that fits; null: none.</param>
internal sealed record ScanFind(string Bus, byte Unit, bool AnswersAll, string? Identification, string? Profile);
