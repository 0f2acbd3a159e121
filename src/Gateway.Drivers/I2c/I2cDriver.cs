using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Chips;
using Gateway.Linux.I2c;

namespace Gateway.Drivers.I2c;

/// <summary>Sensors and other chips on I2C. Thread-safe.</summary>
/// <param name="openAdapter">Opens the adapter of a bus; null: the kernel's.</param>
internal sealed class I2cDriver(Func<BusDefinition, DriverContext, II2cBus>? openAdapter) : IDriver
{
    private static readonly ChipRules<I2cPort> Rules = new([.. I2cSensors.All.Values], new I2cRegisters());

    public DriverSchema Schema => I2cSchema.Schema;

    public string NameBus(Settings bus) => $"i2c {bus.Get<string>(Schema.Name)}";

    // Not of an adapter that the map has by its name: the machine that checks a map need not be the one that runs it.
    public string? PortOf(Settings bus) => I2cAdapterInfo.PathOf(bus.Get<string>(Schema.Name));

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        var owners = new Dictionary<(int Address, MuxChannel? Mux), DeviceDefinition>();
        foreach (var device in bus.Devices)
        {
            if (HasAddress(device, diagnostics))
            {
                var address = I2cSensors.AddressOf(device);
                if (!owners.TryAdd((address, I2cPorts.MuxOf(device.Settings)), device))
                {
                    Refuse(device, "address", $"{Hex(address)} is the address of {owners[(address, I2cPorts.MuxOf(device.Settings))]} already", diagnostics);
                }
            }

            Rules.Validate(device, I2cSensors.TypeOf(device), diagnostics);
        }

        RefuseBehindAndBefore(owners, diagnostics);
    }

    public BusLoad EstimateLoad(BusDefinition bus)
    {
        var adapter = new TimedI2cBus();
        var ports = new I2cPorts(bus, () => adapter);
        return ChipLoad.Estimate(bus, device => Create(device, ChipLoad.Context), ports.Open, adapter, "100 kbit/s");
    }

    public IBus Open(BusDefinition bus, DriverContext context) => new ChipBus<I2cPort>(
        bus,
        new I2cPorts(bus, () => openAdapter?.Invoke(bus, context) ?? I2cAdapter.Open(bus.Settings.Get<string>(Schema.Name))),
        device => Create(device, context),
        context);

    private static ChipDevice<I2cPort> Create(DeviceDefinition device, DriverContext context) => Rules.Create(device, I2cSensors.TypeOf(device), context);

    private static bool HasAddress(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        if (I2cSensors.TypeOf(device) is not { } type)
        {
            return device.Settings.IsWritten("address")
                || Refuse(device, "name", $"{device.Name} needs 'address', for example address: 0x76, or a 'sensor'", diagnostics);
        }

        var address = I2cSensors.AddressOf(device);
        return type.Addresses.Contains(address)
            || Refuse(device, "address", $"'{type.Name}' has the address {string.Join(" or ", Ranges(type.Addresses))}, found {Hex(address)}{Meant(type, address)}", diagnostics);
    }

    /// <summary>What hangs before the multiplexers answers on every channel, and the multiplexers themselves do.</summary>
    private static void RefuseBehindAndBefore(Dictionary<(int Address, MuxChannel? Mux), DeviceDefinition> owners, ICollection<Diagnostic> diagnostics)
    {
        var multiplexers = owners.Keys.Select(key => key.Mux?.Address).OfType<int>().ToHashSet();
        foreach (var ((address, mux), device) in owners)
        {
            if (multiplexers.Contains(address))
            {
                Refuse(device, "address", $"{Hex(address)} is the address of a multiplexer", diagnostics);
            }
            else if (mux is not null && owners.TryGetValue((address, null), out var before))
            {
                Refuse(device, "address", $"{Hex(address)} is the address of {before} too, which is not behind the multiplexer: both would answer", diagnostics);
            }
        }
    }

    private static IEnumerable<string> Ranges(IReadOnlyList<int> addresses)
    {
        var sorted = addresses.Order().ToList();
        for (var i = 0; i < sorted.Count;)
        {
            var end = i;
            while (end + 1 < sorted.Count && sorted[end + 1] == sorted[end] + 1)
            {
                end++;
            }

            yield return end > i + 1 ? $"{Hex(sorted[i])} to {Hex(sorted[end])}" : string.Join(" or ", sorted[i..(end + 1)].Select(Hex));
            i = end + 1;
        }
    }

    // 76 is often meant as 0x76.
    private static string Meant(I2cChipType type, int address) =>
        int.TryParse(address.ToString(CultureInfo.InvariantCulture), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var meant)
        && type.Addresses.Contains(meant) ? $"; did you mean {Hex(meant)}?" : "";

    private static string Hex(int address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x2}");

    private static bool Refuse(DeviceDefinition device, string key, string message, ICollection<Diagnostic> diagnostics)
    {
        diagnostics.Add(Diagnostic.Error(device.Settings.Locate(key), message));
        return false;
    }
}
