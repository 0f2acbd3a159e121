using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Gpio;

/// <summary>Switches, relays and pulse counters on the lines of a GPIO chip. Thread-safe.</summary>
/// <param name="openChip">Opens the chip of a bus; null: there are no chips, and a map that names one is not valid.</param>
internal sealed class GpioDriver(Func<BusDefinition, DriverContext, IGpioChip>? openChip) : IDriver
{
    private static readonly string[] InputKeys = ["bias", "debounce", "count"];

    public DriverSchema Schema => GpioSchema.Schema;

    public string NameBus(Settings bus) => $"gpio {bus.Get<string>(Schema.Name)}";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        if (openChip is null)
        {
            diagnostics.Add(Diagnostic.Error(bus.Settings.Locate(Schema.Name), "'gpio' is not part of this build yet, except in gateway demo"));
        }

        var owners = new Dictionary<long, PointDefinition>();
        foreach (var point in bus.Devices.SelectMany(device => device.Points))
        {
            var line = point.Settings.Get<long>("line");
            if (!owners.TryAdd(line, point))
            {
                diagnostics.Add(Diagnostic.Error(point.Settings.Locate("line"), $"line {line} is that of {owners[line]} already"));
            }

            ValidateDirection(point, diagnostics);
            PointWaveform.Validate(point, diagnostics);
        }
    }

    public IBus Open(BusDefinition bus, DriverContext context) => openChip is null
        ? throw new InvalidOperationException("There are no GPIO chips; Validate says so.")
        : new GpioBus(bus, () => openChip(bus, context), context);

    private static void ValidateDirection(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        if (settings.Get<string>("direction") == "input")
        {
            if (point.Writable)
            {
                diagnostics.Add(Diagnostic.Error(settings.Locate("write"), "an input cannot be written; add 'direction: output'"));
            }

            return;
        }

        foreach (var key in InputKeys.Where(settings.IsWritten))
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"'{key}' is for inputs; this line is an output"));
        }
    }
}
