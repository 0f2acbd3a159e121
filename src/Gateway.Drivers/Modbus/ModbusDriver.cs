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
        : $"modbus {ModbusTransport.Of(bus)} {bus.Get<string>("host").ToLowerInvariant()}:{bus.Get<long>("port")}";

    public string? PortOf(Settings bus) => bus.TryGet<object>("port", out var port) ? port as string : null;

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        var before = diagnostics.Count;
        ModbusValidation.Validate(bus, diagnostics);
        if (diagnostics.Count == before)
        {
            ModbusLoad.RefuseImpossibleRates(bus, diagnostics);
        }
    }

    public BusLoad EstimateLoad(BusDefinition bus) => ModbusLoad.Estimate(bus);

    public IBus Open(BusDefinition bus, DriverContext context) =>
        new ModbusBus(bus, () => ModbusConnector.CreateClient(bus.Settings, ClockOf(bus.Settings, context.TimeProvider), context.Logger), context);

    // The silence between frames is shorter than what the system's timers can tell apart.
    private static TimeProvider ClockOf(Settings bus, TimeProvider timeProvider) =>
        ModbusConnector.TimingOf(bus) is null ? timeProvider : PreciseTimeProvider.InPlaceOf(timeProvider);
}
