using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Plugins;
using Gateway.Linux.Serial;

namespace Gateway.Drivers.Serial;

/// <summary>Serial devices that do not speak Modbus. Thread-safe.</summary>
/// <param name="transports">What may carry the bytes in place of the gateway; null: nothing.</param>
internal sealed class SerialDriver(Transports? transports = null) : IDriver
{
    private readonly Transports _transports = transports ?? Transports.None;

    public DriverSchema Schema => SerialSchema.Schema;

    public string NameBus(Settings bus) => $"serial {bus.Get<string>(Schema.Name)}";

    public string? PortOf(Settings bus) => bus.Get<string>(Schema.Name);

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        SerialLineKeys.Validate(bus.Settings, Schema.Name, diagnostics);
        _transports.Validate(bus.Settings, diagnostics);
        foreach (var device in bus.Devices)
        {
            SerialDeviceParser.Parse(device, diagnostics);
        }
    }

    public BusLoad? EstimateLoad(BusDefinition bus) => SerialLoad.Estimate(bus);

    public IBus Open(BusDefinition bus, DriverContext context) => new SerialBus(
        bus,
        _transports.Find(bus.Settings) is { } carrier
            ? cancellationToken => carrier.OpenAsync(bus.Settings, cancellationToken)
            : _ => ValueTask.FromResult<Stream>(SerialPort.Open(SerialLineKeys.ToSettings(bus.Settings, bus.Settings.Get<string>(Schema.Name)), context.TimeProvider)),
        context);
}
