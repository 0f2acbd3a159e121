using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Plugins;
using Gateway.Linux.Serial;

namespace Gateway.Drivers.Modbus;

/// <summary>Modbus over networks and serial lines. Thread-safe.</summary>
/// <param name="transports">What may carry the bytes in place of the gateway; null: nothing.</param>
internal sealed class ModbusDriver(Transports? transports = null) : IDriver
{
    private readonly Transports _transports = transports ?? Transports.None;

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
        _transports.Validate(bus.Settings, found);
        found.ForEach(diagnostics.Add);
        if (found.TrueForAll(finding => finding.Severity == DiagnosticSeverity.Warning))
        {
            ModbusLoad.RefuseImpossibleRates(bus, diagnostics);
        }
    }

    public BusLoad EstimateLoad(BusDefinition bus) => ModbusLoad.Estimate(bus);

    public IBus Open(BusDefinition bus, DriverContext context)
    {
        // A test's clock has its own timers.
        var isOwnPort = ModbusTransport.IsSerialPort(ModbusTransport.Of(bus.Settings)) && _transports.Find(bus.Settings) is null;
        var thread = isOwnPort && context.TimeProvider == TimeProvider.System ? new LineThread(bus.Name) : null;
        return new ModbusBus(bus, () => ModbusConnector.CreateClient(bus.Settings, _transports.Find(bus.Settings), thread ?? context.TimeProvider, context.Logger), context, thread);
    }

    private static string AddressOf(Settings bus) => $"{bus.Get<string>("host").ToLowerInvariant()}:{bus.Get<long>("port")}";
}
