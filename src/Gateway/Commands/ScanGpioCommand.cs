using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Abstractions.Buses;
using Gateway.Linux;
using Gateway.Linux.Gpio;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway scan gpio</c>: the chips of this machine, their lines and who has them. Touches no line.</summary>
internal static class ScanGpioCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("gpio", "Lists the GPIO chips and their lines with names and users. No line is touched.") { json };
        command.SetAction(arguments =>
        {
            var chips = Find();
            var closed = GpioChips.ListClosed();
            if (chips.Count == 0)
            {
                throw CommandException.Failed(closed.Count > 0
                    ? $"{closed[0]} may not be opened: add the user to the group 'gpio', or try as root"
                    : "there is no GPIO chip below /dev: the kernel may be older than 5.10, or the board has none");
            }

            Print(arguments.InvocationConfiguration.Output, chips, arguments.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Prints chips for people, or as JSON.</summary>
    internal static void Print(TextWriter output, IReadOnlyList<ScannedChip> chips, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(chips, StatusJson.Readable.IReadOnlyListScannedChip));
            return;
        }

        var table = new TableView("chip", "label", "line", "name", "direction", "used by");
        foreach (var chip in chips)
        {
            foreach (var line in chip.Lines)
            {
                table.AddRow(
                    chip.Name,
                    chip.Label,
                    line.Offset.ToString(CultureInfo.InvariantCulture),
                    line.Name ?? "–",
                    line.Direction,
                    line.IsUsed ? line.UsedBy ?? "somebody" : "–");
            }
        }

        table.Write(output);
        output.WriteLine();
        output.WriteLine($"bus: {{ gpio: {chips[0].Map} }}");
    }

    /// <summary>The chips of this machine with their lines.</summary>
    internal static List<ScannedChip> Find()
    {
        var found = new List<ScannedChip>();
        foreach (var info in GpioChips.List())
        {
            try
            {
                found.Add(ScannedChip.Of(info, GpioChips.ListLines(info.Path)));
            }
            catch (LinuxException)
            {
                // Pulled this moment.
            }
        }

        return found;
    }
}

/// <summary>A chip that <c>gateway scan gpio</c> found.</summary>
/// <param name="Path">Its device file.</param>
/// <param name="Name">The kernel's name of it.</param>
/// <param name="Label">What it is.</param>
/// <param name="Map">What a map calls it so that it is found again.</param>
/// <param name="Lines">Its lines, in their order.</param>
internal sealed record ScannedChip(string Path, string Name, string Label, string Map, IReadOnlyList<ScannedLine> Lines)
{
    public static ScannedChip Of(GpioChipInfo chip, IReadOnlyList<GpioLineInfo> lines) => new(
        chip.Path,
        chip.Name,
        chip.Label,
        GpioChips.IsHeader(chip) ? GpioChips.Header : chip.Label.Length > 0 && !chip.Label.Contains(' ', StringComparison.Ordinal) ? chip.Label : chip.Name,
        [.. lines.Select(line => new ScannedLine(
            line.Offset,
            line.Name.Length > 0 ? line.Name : null,
            line.Direction == GpioDirection.Output ? "output" : "input",
            line.IsUsed,
            line.Consumer.Length > 0 ? line.Consumer : null))]);
}

/// <summary>A line of a chip.</summary>
/// <param name="Offset">Its number on the chip.</param>
/// <param name="Name">Its name; null: it has none.</param>
/// <param name="Direction">input or output, as it is now.</param>
/// <param name="IsUsed">Whether somebody has it.</param>
/// <param name="UsedBy">Who, as they call themselves; null: they don't, or nobody has it.</param>
internal sealed record ScannedLine(int Offset, string? Name, string Direction, bool IsUsed, string? UsedBy);
