using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Abstractions.Buses;
using Gateway.Drivers.I2c;
using Gateway.Linux.I2c;
using Gateway.Web;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary><c>gateway scan i2c</c>: finds the chips on I2C buses.</summary>
internal static class ScanI2cCommand
{
    public static Command Create()
    {
        var bus = new Argument<string?>("BUS") { Description = "The adapter, by number, path or name; default: all that there are", Arity = ArgumentArity.ZeroOrOne };
        var ask = new Option<bool>("--ask")
        {
            Description = "Where nobody acknowledges a read, also send the commands by which a few chips tell of themselves: SHT3x, SHT4x, SCD30, SCD4x, HTU21, SGP30, SGP40, MS5611",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("i2c", "Looks for chips on I2C by reads only: of a byte at each address, and of the id register where chips with an id are usual; names the likely chips, and prints what to write into a map.") { bus, ask, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var name = arguments.GetValue(bus);
            var adapters = name is not null ? [name] : I2cAdapterInfo.List().Select(adapter => adapter.Number.ToString(CultureInfo.InvariantCulture)).ToList();
            if (adapters.Count == 0)
            {
                throw CommandException.Failed("there is no I2C adapter: on a Raspberry Pi switch it on with 'raspi-config nonint do_i2c 0', elsewhere try 'modprobe i2c-dev'");
            }

            // The calls block: they are made on a thread that may.
            var found = await Task.Run(() => Scan(adapters, arguments.GetValue(ask), arguments.InvocationConfiguration.Error, cancellationToken), CancellationToken.None);
            Print(arguments.InvocationConfiguration.Output, found, arguments.GetValue(json));
            return found.Count > 0 ? ExitCode.Done : throw CommandException.Failed($"nothing answered: look at power and wires, and whether the bus has pull-up resistors{(arguments.GetValue(ask) ? "" : "; a few chips answer to --ask only")}");
        });
        return command;
    }

    private static List<I2cScanFind> Scan(List<string> adapters, bool asksByCommands, TextWriter error, CancellationToken cancellationToken)
    {
        var found = new List<I2cScanFind>();
        if (Console.IsErrorRedirected || !ReferenceEquals(error, Console.Error))
        {
            Scan(adapters, asksByCommands, found, (_, _) => { }, cancellationToken);
            return found;
        }

        ProgressView.On(error).Start(context =>
        {
            const int Addresses = I2cScanner.Last - I2cScanner.First + 1;
            var task = context.AddTask("i2c", maxValue: adapters.Count * Addresses);
            Scan(adapters, asksByCommands, found, (adapter, address) =>
            {
                task.Value = (adapters.IndexOf(adapter) * Addresses) + address - I2cScanner.First;
                task.Description = Markup.Escape($"i2c {adapter}, 0x{address:x2}, found: {found.Count}");
            }, cancellationToken);
        });
        return found;
    }

    /// <summary>Looks for chips. Blocks.</summary>
    internal static void Scan(List<string> adapters, bool asksByCommands, List<I2cScanFind> found, Action<string, int> progress, CancellationToken cancellationToken)
    {
        foreach (var name in adapters)
        {
            try
            {
                using var adapter = I2cAdapter.Open(name);
                found.AddRange(new I2cScanner(adapter, asksByCommands)
                    .Scan(address => progress(name, address), cancellationToken)
                    .Select(find => new I2cScanFind(name, $"0x{find.Address:x2}", find.IsKernels, find.Recognised, find.Candidates, find.Description)));
            }
            catch (BusException) when (adapters.Count > 1)
            {
                // One of several, such as that of a display: what the others have is worth something.
            }
            catch (BusException exception)
            {
                throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
            }
        }
    }

    private static void Print(TextWriter output, IReadOnlyList<I2cScanFind> found, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(found, StatusJson.Readable.IReadOnlyListI2cScanFind));
            return;
        }

        var table = new TableView("bus", "address", "chip", "is");
        foreach (var find in found)
        {
            table.AddRow(find.Bus, find.Address, find.Recognised ?? "–", find.Description);
        }

        table.Write(output);
        foreach (var bus in found.Where(find => find.Candidates.Count > 0).GroupBy(find => find.Bus))
        {
            output.WriteLine();
            output.WriteLine($"bus: {{ i2c: {bus.Key} }}");
            output.WriteLine("devices:");
            foreach (var find in bus)
            {
                var sensor = find.Recognised ?? find.Candidates[0];
                var isSure = find.Recognised is not null;
                output.WriteLine($"  {(isSure ? "" : "# ")}- {{ name: {sensor}-{find.Address[2..]}, sensor: {sensor}, address: {find.Address} }}{(isSure ? "" : "   # if it is one")}");
            }
        }
    }
}

/// <summary>A chip that <c>gateway scan i2c</c> found.</summary>
/// <param name="Bus">The adapter, as a map names it.</param>
/// <param name="Address">The address in hexadecimal.</param>
/// <param name="IsKernels">Whether a driver of the kernel has it.</param>
/// <param name="Recognised">The sensor that it is by its id; null: not known.</param>
/// <param name="Candidates">The sensors that it may be.</param>
/// <param name="Description">What it is, or may be.</param>
internal sealed record I2cScanFind(string Bus, string Address, bool IsKernels, string? Recognised, IReadOnlyList<string> Candidates, string Description);
