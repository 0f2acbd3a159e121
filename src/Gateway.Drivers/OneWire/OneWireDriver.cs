using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Simulated;
using Gateway.Linux.OneWire;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.OneWire;

/// <summary>Thermometers on 1-Wire, through the kernel. Thread-safe.</summary>
/// <param name="sysfs">Where sysfs is mounted.</param>
internal sealed class OneWireDriver(ISysfs sysfs) : IDriver
{
    /// <summary>A read of nine bytes from one of several, bit by bit, with its reset and its address.</summary>
    private static readonly TimeSpan ReadTime = TimeSpan.FromMilliseconds(15);

    public DriverSchema Schema => OneWireSchema.Schema;

    public string NameBus(Settings bus) => string.Create(CultureInfo.InvariantCulture, $"onewire {bus.Get<long>(Schema.Name)}");

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        var owners = new Dictionary<string, DeviceDefinition>();
        foreach (var device in bus.Devices)
        {
            ValidateId(device, diagnostics);
            if (!owners.TryAdd(IdOf(device), device))
            {
                Refuse(device.Settings, "id", $"{IdOf(device)} is the id of {owners[IdOf(device)]} already", diagnostics);
            }

            if (device.Settings.IsWritten("resolution") && OneWireFamily.Of(device) is { HasResolution: false } family)
            {
                Refuse(device.Settings, "resolution", $"a {family.Sensor} has one resolution only", diagnostics);
            }

            foreach (var point in device.Points)
            {
                PointWaveform.Validate(point, diagnostics);
                if (point.Writable)
                {
                    Refuse(point.Settings, "write", "a thermometer has nothing to write", diagnostics);
                }
            }
        }
    }

    /// <summary>Sensors of one rate convert together; each conversion holds the bus up for all.</summary>
    public BusLoad EstimateLoad(BusDefinition bus)
    {
        var rounds = bus.Devices.GroupBy(EveryOf).Select(round => (Every: round.Key, Count: round.Count(), Time: round.Max(ConversionTimeOf) + (round.Count() * ReadTime))).ToList();
        var parts = rounds.Select(round => string.Create(
            CultureInfo.InvariantCulture, $"{round.Count} sensor{(round.Count == 1 ? "" : "s")} in {round.Time.TotalMilliseconds:0} ms every {round.Every.TotalSeconds:0.###} s"));
        return new BusLoad(rounds.Sum(round => round.Time / round.Every), string.Join(", ", parts));
    }

    public IBus Open(BusDefinition bus, DriverContext context)
    {
        var master = new OneWireMaster(sysfs, (int)bus.Settings.Get<long>(Schema.Name));
        var conversion = new SharedConversion(master, bus.Name, context);
        var ports = new OneWirePorts(bus, device => new OneWirePort(master, conversion, IdOf(device), device, EveryOf(device), context), conversion);
        return new ChipBus<OneWirePort>(bus, ports, Create, context);
    }

    private static ChipDevice<OneWirePort> Create(DeviceDefinition device)
    {
        int? resolution = device.Settings.TryGet<long>("resolution", out var bits) ? (int)bits : null;
        return new ChipDevice<OneWirePort>(device, new OneWireThermometer(OneWireFamily.Of(device)!, resolution), 1, device.Points.ToDictionary(point => point, _ => 0));
    }

    private static void ValidateId(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        var id = IdOf(device);
        if (!OneWireMaster.IsId(id))
        {
            Refuse(device.Settings, "id", $"'{id}' is no id of a 1-Wire sensor; the kernel writes family, hyphen and twelve digits, for example 28-00000a1b2c3d", diagnostics);
        }
        else if (OneWireFamily.OfId(id) is not { } family)
        {
            Refuse(device.Settings, "id", $"{id} is not the id of a thermometer; those begin with {string.Join(", ", OneWireFamily.All.Values.Select(known => known.Code))}", diagnostics);
        }
        else if (family != OneWireFamily.Of(device))
        {
            Refuse(device.Settings, "id", $"{id} is the id of a {family.Sensor}, not of a {OneWireFamily.Of(device)!.Sensor}", diagnostics);
        }
    }

    private static string IdOf(DeviceDefinition device) => device.Settings.Get<string>("id").ToLowerInvariant();

    private static TimeSpan EveryOf(DeviceDefinition device) => device.Points.Min(point => point.Every);

    private static TimeSpan ConversionTimeOf(DeviceDefinition device) => TimeSpan.FromMilliseconds(
        device.Settings.TryGet<long>("resolution", out var bits) ? 750.0 / (1 << (12 - (int)bits)) : 750);

    private static void Refuse(Settings settings, string key, string message, ICollection<Diagnostic> diagnostics) =>
        diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
}
