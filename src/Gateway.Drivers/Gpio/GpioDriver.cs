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

    public IBus Open(BusDefinition bus, DriverContext context) => new GpioBus(bus, () => openChip(bus, context), context);
}
