using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Linux.Timing;

namespace Gateway.Drivers.Modbus;

/// <summary>Modbus over networks and serial lines. Thread-safe.</summary>
internal sealed class ModbusDriver : IDriver
{
    public DriverSchema Schema => ModbusSchema.Schema;

    public string NameBus(Settings bus) => ModbusTransport.IsSerialPort(ModbusTransport.Of(bus))
        ? $"modbus {ModbusTransport.Of(bus)} {bus.Get<string>("port")}"
        : $"modbus {ModbusTransport.Of(bus)} {AddressOf(bus)}";

    // One address is one device or converter, in whatever framing it is spoken to: writes to it must come from one place.
    public string? PortOf(Settings bus) => ModbusTransport.IsSerialPort(ModbusTransport.Of(bus)) ? bus.Get<string>("port")
        : ModbusTransport.Of(bus) == ModbusTransport.RtuOverUdp ? $"{AddressOf(bus)}/udp"
        : AddressOf(bus);

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        var found = new List<Diagnostic>();
        ModbusValidation.Validate(bus, found);
        found.ForEach(diagnostics.Add);
        if (found.TrueForAll(finding => finding.Severity == DiagnosticSeverity.Warning))
        {
            ModbusLoad.RefuseImpossibleRates(bus, diagnostics);
        }
    }

    public BusLoad EstimateLoad(BusDefinition bus) => ModbusLoad.Estimate(bus);

    public IBus Open(BusDefinition bus, DriverContext context) =>
        new ModbusBus(bus, () => ModbusConnector.CreateClient(bus.Settings, ClockOf(bus.Settings, context.TimeProvider), context.Logger), context);

    private static string AddressOf(Settings bus) => $"{bus.Get<string>("host").ToLowerInvariant()}:{bus.Get<long>("port")}";

    // The silence between frames is shorter than what the system's timers can tell apart.
    private static TimeProvider ClockOf(Settings bus, TimeProvider timeProvider) =>
        ModbusConnector.TimingOf(bus) is null ? timeProvider : PreciseTimeProvider.InPlaceOf(timeProvider);
}
