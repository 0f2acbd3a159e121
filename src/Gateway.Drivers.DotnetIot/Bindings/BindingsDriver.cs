using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>Chips that a device binding of the .NET IoT libraries reads. Thread-safe.</summary>
/// <param name="hardware">The buses of the machine, lent by the gateway.</param>
public sealed class BindingsDriver(IHardware hardware) : IDriver
{
    /// <inheritdoc/>
    public DriverSchema Schema => BindingsSchema.Schema;

    /// <inheritdoc/>
    public string NameBus(Settings bus)
    {
        ArgumentNullException.ThrowIfNull(bus);
        var kind = BindingPorts.KindOf(bus);
        return $"{BindingsSchema.Name} {kind} {bus.Get<string>(BindingPorts.PlaceKeyOf(kind))}";
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> FindPoints(Settings device, ICollection<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(diagnostics);
        return BindingPlan.FindPoints(device, diagnostics);
    }

    /// <inheritdoc/>
    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(bus);
        ArgumentNullException.ThrowIfNull(diagnostics);
        var kind = BindingPorts.KindOf(bus.Settings);
        var owners = new Dictionary<long, DeviceDefinition>();
        foreach (var device in bus.Devices)
        {
            if (kind == BindingsSchema.I2c)
            {
                ValidateAddress(device, owners, diagnostics);
            }
            else if (device.Settings.IsWritten("address"))
            {
                diagnostics.Add(Diagnostic.Error(device.Settings.Locate("address"), $"'address' is for dotnet-iot: i2c, this bus is {kind}"));
            }

            BindingPlan.Parse(bus, device, diagnostics);
        }

        if (kind == BindingsSchema.Spi && bus.Devices.Count > 1)
        {
            diagnostics.Add(Diagnostic.Error(bus.Devices[1].Location, $"behind a chip select is one device, and that is {bus.Devices[0]}; each further one is a bus of its own"));
        }
    }

    /// <inheritdoc/>
    public IBus Open(BusDefinition bus, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(bus);
        ArgumentNullException.ThrowIfNull(context);
        return new BindingBus(bus, new BindingPorts(hardware, bus.Settings), context);
    }

    private static void ValidateAddress(DeviceDefinition device, Dictionary<long, DeviceDefinition> owners, ICollection<Diagnostic> diagnostics)
    {
        if (!device.Settings.TryGet<long>("address", out var address))
        {
            diagnostics.Add(Diagnostic.Error(device.Location, $"{device} needs 'address', for example address: 0x76"));
        }
        else if (!owners.TryAdd(address, device))
        {
            diagnostics.Add(Diagnostic.Error(
                device.Settings.Locate("address"), string.Create(CultureInfo.InvariantCulture, $"0x{address:x2} is the address of {owners[address]} already")));
        }
    }
}
