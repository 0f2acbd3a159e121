using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Gpio;

/// <summary>Switches, relays and pulse counters on the lines of a GPIO chip. Thread-safe.</summary>
/// <param name="openChip">Opens the chip of a bus.</param>
internal sealed class GpioDriver(Func<BusDefinition, DriverContext, IGpioChip> openChip) : IDriver
{
    public DriverSchema Schema => GpioSchema.Schema;

    public string NameBus(Settings bus) => $"gpio {string.Join(", ", GpioSettings.ChipsOf(bus))}";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics) => GpioValidation.Validate(bus, diagnostics);

    // By the names that the map has for them: the machine that checks a map need not be the one that runs it. A line that two buses call by
    // different names the kernel gives to the first, and the other is told who has it. Several inputs of one bus may be made of one line, written in one way.
    public IEnumerable<BusClaim> ClaimsOf(BusDefinition bus)
    {
        var points = bus.Devices.SelectMany(device => device.Points).ToList();
        var lines = points.Where(point => point.Settings.IsWritten("line")).DistinctBy(point => (GpioSettings.NameLine(bus.Settings, point.Settings), point.Settings.Get<string>("line")));
        return
        [
            .. lines.Select(point => new BusClaim(GpioSettings.NameLine(bus.Settings, point.Settings), point, point.Settings.Locate("line"))),
            .. points.Where(point => GpioSettings.ChannelOf(point.Settings) is not null).Select(point => new BusClaim($"PWM channel {GpioSettings.ChannelOf(point.Settings)}", point, point.Settings.Locate("pwm"))),
        ];
    }

    public IBus Open(BusDefinition bus, DriverContext context) => new GpioBus(bus, () => openChip(bus, context), context);
}
