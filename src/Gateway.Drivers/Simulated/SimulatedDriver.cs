using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Simulated;

/// <summary>Devices that exist in the gateway only: values from waveforms. Thread-safe.</summary>
internal sealed class SimulatedDriver : IDriver
{
    public DriverSchema Schema => SimulatedSchema.Schema;

    public string NameBus(Settings bus) => $"simulated {bus.Get<string>("name")}";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        if (!bus.Settings.Get<bool>(Schema.Name))
        {
            diagnostics.Add(Diagnostic.Error(bus.Settings.Locate(Schema.Name), "'simulated: false' selects no bus; write 'simulated: true', or another kind of bus"));
        }

        foreach (var point in bus.Devices.SelectMany(device => device.Points))
        {
            PointWaveform.Validate(point, diagnostics);
        }
    }

    public IBus Open(BusDefinition bus, DriverContext context) => new SimulatedBus(bus, context.TimeProvider);
}
