using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Drivers.OneWire;
using Gateway.Linux.Sysfs;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway scan onewire</c>: finds thermometers on 1-Wire.</summary>
internal static class ScanOneWireCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("onewire", "Lists what is on the 1-Wire buses, with its temperature, and prints what to write into a map.") { json };
        command.SetAction(arguments =>
        {
            var sysfs = new SysfsTree("/sys");
            var found = OneWireScanner.Scan(sysfs);
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(found, StatusJson.Readable.IReadOnlyListOneWireFind));
                return found.Count > 0 ? ExitCode.Done : ExitCode.Failed;
            }

            Print(output, found);
            return found.Count > 0 ? ExitCode.Done : throw Nothing(OneWireScanner.ListBuses(sysfs));
        });
        return command;
    }

    private static CommandException Nothing(IReadOnlyList<int> buses) => CommandException.Failed(buses.Count == 0
        ? "there is no 1-Wire bus: on a Raspberry Pi add 'dtoverlay=w1-gpio' to /boot/firmware/config.txt and start it again, elsewhere load the driver of your adapter"
        : $"nothing is on 1-Wire bus {string.Join(" and ", buses)}: look at power, wires and the pull-up resistor of 4.7 kΩ; the kernel looks every ten seconds");

    private static void Print(TextWriter output, IReadOnlyList<OneWireFind> found)
    {
        var table = new TableView("bus", "id", "sensor", "temperature");
        foreach (var find in found)
        {
            var temperature = find.Temperature is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value} °C") : find.Fault ?? "–";
            table.AddRow(find.Bus.ToString(CultureInfo.InvariantCulture), find.Id, find.Sensor ?? "–", temperature);
        }

        table.Write(output);
        foreach (var bus in found.Where(find => find.Sensor is not null).GroupBy(find => find.Bus))
        {
            output.WriteLine();
            output.WriteLine($"bus: {{ onewire: {bus.Key} }}");
            output.WriteLine("devices:");
            foreach (var find in bus)
            {
                output.WriteLine($"  - {{ name: {find.Sensor}-{find.Id[^4..]}, sensor: {find.Sensor}, id: {find.Id}, every: 10 s }}");
            }
        }
    }
}
