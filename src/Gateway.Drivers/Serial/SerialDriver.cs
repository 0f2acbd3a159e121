using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Linux.Serial;

namespace Gateway.Drivers.Serial;

/// <summary>Serial devices that do not speak Modbus. Thread-safe.</summary>
internal sealed class SerialDriver : IDriver
{
    public DriverSchema Schema => SerialSchema.Schema;

    public string NameBus(Settings bus) => $"serial {bus.Get<string>(Schema.Name)}";

    public string? PortOf(Settings bus) => bus.Get<string>(Schema.Name);

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        SerialLineKeys.Validate(bus.Settings, Schema.Name, diagnostics);
        foreach (var device in bus.Devices)
        {
            SerialDeviceParser.Parse(device, diagnostics);
        }
    }

    public BusLoad? EstimateLoad(BusDefinition bus) => SerialLoad.Estimate(bus);

    public IBus Open(BusDefinition bus, DriverContext context) =>
        new SerialBus(bus, () => SerialPort.Open(SerialLineKeys.ToSettings(bus.Settings, bus.Settings.Get<string>(Schema.Name)), context.TimeProvider), context);
}
