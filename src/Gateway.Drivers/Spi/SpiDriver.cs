using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Chips;
using Gateway.Linux.Spi;

namespace Gateway.Drivers.Spi;

/// <summary>Sensors and other chips on SPI. Thread-safe.</summary>
/// <param name="openDevice">Opens the device of a bus; null: the kernel's.</param>
internal sealed class SpiDriver(Func<BusDefinition, SpiSettings, ISpiDevice>? openDevice) : IDriver
{
    private static readonly ChipRules<ISpiDevice> Rules = new([.. SpiSensors.All.Values], new SpiRegisters());

    public DriverSchema Schema => SpiSchema.Schema;

    public string NameBus(Settings bus) => $"spi {bus.Get<string>(Schema.Name)}";

    public string? PortOf(Settings bus) => SpiDevice.PathOf(bus.Get<string>(Schema.Name));

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        foreach (var further in bus.Devices.Skip(1))
        {
            diagnostics.Add(Diagnostic.Error(further.Location, "a chip select has one chip; give the device a document of its own, with another chip select such as spi: 0.1"));
        }

        foreach (var device in bus.Devices)
        {
            Rules.Validate(device, SpiSensors.TypeOf(device), diagnostics);
        }
    }

    public BusLoad EstimateLoad(BusDefinition bus)
    {
        var hertz = SettingsOf(bus).ClockHertz;
        var hardware = new TimedSpiDevice(hertz);
        return ChipLoad.Estimate(
            bus, device => Rules.Create(device, SpiSensors.TypeOf(device), ChipLoad.Context), _ => (ISpiDevice)hardware, hardware,
            string.Create(CultureInfo.InvariantCulture, $"{hertz / 1000.0:0.###} kHz"));
    }

    public IBus Open(BusDefinition bus, DriverContext context) => new ChipBus<ISpiDevice>(
        bus,
        new SpiPorts(bus, OpenDevice),
        device => Rules.Create(device, SpiSensors.TypeOf(device), context),
        context);

    private ISpiDevice OpenDevice(BusDefinition bus)
    {
        var settings = SettingsOf(bus);
        return openDevice?.Invoke(bus, settings) ?? SpiDevice.Open(bus.Settings.Get<string>(Schema.Name), settings);
    }

    /// <summary>What the map says of the bus, and what its chip needs where it says nothing.</summary>
    public static SpiSettings SettingsOf(BusDefinition bus)
    {
        var type = SpiSensors.TypeOf(bus.Devices[0]);
        return new SpiSettings
        {
            Mode = bus.Settings.TryGet<long>("mode", out var mode) ? (int)mode : type?.Mode ?? 0,
            ClockHertz = bus.Settings.TryGet<long>("speed", out var hertz) ? (int)hertz : type?.ClockHertz ?? 1_000_000,
        };
    }
}
