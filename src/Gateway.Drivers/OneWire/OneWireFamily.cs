using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.OneWire;

/// <summary>A family of thermometers that w1_therm drives. Immutable.</summary>
/// <param name="Sensor">What <c>sensor</c> says.</param>
/// <param name="Code">The family code, which its ids begin with.</param>
/// <param name="PowerOnValue">The temperature register at power-on: 85 °C.</param>
/// <param name="HasResolution">Whether its resolution can be set.</param>
/// <param name="ConvertsWithOthers">Whether w1_therm lets it convert together with others.</param>
internal sealed record OneWireFamily(string Sensor, string Code, int PowerOnValue, bool HasResolution, bool ConvertsWithOthers)
{
    /// <summary>What can be read of each.</summary>
    public const string Temperature = "temperature";

    /// <summary>All of them, by what <c>sensor</c> says.</summary>
    public static IReadOnlyDictionary<string, OneWireFamily> All { get; } = new OneWireFamily[]
    {
        new("ds18b20", "28", 0x0550, HasResolution: true, ConvertsWithOthers: true),
        new("ds18s20", "10", 0x00AA, HasResolution: false, ConvertsWithOthers: true),
        new("ds1822", "22", 0x0550, HasResolution: true, ConvertsWithOthers: true),
        new("ds1825", "3b", 0x0550, HasResolution: true, ConvertsWithOthers: true),
        new("ds28ea00", "42", 0x0550, HasResolution: true, ConvertsWithOthers: false),
    }.ToDictionary(family => family.Sensor);

    /// <summary>The profile of the device library with its points.</summary>
    public string Profile => $"maxim/{Sensor}";

    /// <summary>The family of an id; null: none of thermometers.</summary>
    public static OneWireFamily? OfId(string id) => All.Values.FirstOrDefault(family => id.StartsWith(family.Code + "-", StringComparison.Ordinal));

    /// <summary>The family of a device: what it says, else that of its id; null: its id is none of a thermometer.</summary>
    public static OneWireFamily? Of(DeviceDefinition device) =>
        device.Settings.TryGet<string>(Chips.ChipKeys.Sensor, out var sensor) ? All[sensor] : OfId(device.Settings.Get<string>("id").ToLowerInvariant());
}
