using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Modbus;

/// <summary>Modbus over TCP and serial lines. Thread-safe.</summary>
internal sealed class ModbusDriver : IDriver
{
    public DriverSchema Schema => ModbusSchema.Schema;

    public string NameBus(Settings bus) => bus.Get<string>("modbus") == ModbusSchema.Rtu
        ? $"modbus rtu {bus.Get<string>("port")}"
        : $"modbus tcp {bus.Get<string>("host").ToLowerInvariant()}:{bus.Get<long>("port")}";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics) => ModbusValidation.Validate(bus, diagnostics);

    public BusLoad EstimateLoad(BusDefinition bus) => ModbusLoad.Estimate(bus);

    public IBus Open(BusDefinition bus, DriverContext context) =>
        new ModbusBus(bus, ModbusConnector.CreateClient(bus.Settings, context.TimeProvider), context);
}
