using System.Collections.Frozen;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>
/// What Home Assistant calls a unit of measurement, and what kind of sensor that makes. Home Assistant refuses a sensor whose unit does not
/// suit its device class, so a class is named only where it has that unit in all versions that know devices by discovery (2024.11 on).
/// </summary>
/// <param name="Unit">The unit as Home Assistant spells it; null: none.</param>
/// <param name="DeviceClass">The device class; null: none.</param>
/// <param name="StateClass">measurement, total or total_increasing; null: none.</param>
internal sealed record SensorUnit(string? Unit, string? DeviceClass, string? StateClass)
{
    private const string Measurement = "measurement";
    private const string Total = "total";
    private const string TotalIncreasing = "total_increasing";

    // Unit of a map → device class. What has several by its unit is told by the words of the point's name below.
    private static readonly FrozenDictionary<string, string> Classes = new Dictionary<string, string>
    {
        ["°C"] = "temperature",
        ["°F"] = "temperature",
        ["K"] = "temperature",
        ["W"] = "power",
        ["kW"] = "power",
        ["MW"] = "power",
        ["Wh"] = "energy",
        ["kWh"] = "energy",
        ["MWh"] = "energy",
        ["MJ"] = "energy",
        ["GJ"] = "energy",
        ["V"] = "voltage",
        ["mV"] = "voltage",
        ["A"] = "current",
        ["mA"] = "current",
        ["VA"] = "apparent_power",
        ["var"] = "reactive_power",
        ["Hz"] = "frequency",
        ["kHz"] = "frequency",
        ["MHz"] = "frequency",
        ["GHz"] = "frequency",
        ["Pa"] = "pressure",
        ["hPa"] = "pressure",
        ["kPa"] = "pressure",
        ["bar"] = "pressure",
        ["mbar"] = "pressure",
        ["psi"] = "pressure",
        ["lx"] = "illuminance",
        ["W/m²"] = "irradiance",
        ["m³"] = "volume",
        ["L"] = "volume",
        ["mL"] = "volume",
        ["m³/h"] = "volume_flow_rate",
        ["L/min"] = "volume_flow_rate",
        ["kg"] = "weight",
        ["g"] = "weight",
        ["m"] = "distance",
        ["km"] = "distance",
        ["cm"] = "distance",
        ["mm"] = "distance",
        ["m/s"] = "speed",
        ["km/h"] = "speed",
        ["mm/h"] = "precipitation_intensity",
        ["s"] = "duration",
        ["min"] = "duration",
        ["h"] = "duration",
        ["d"] = "duration",
        ["ms"] = "duration",
        ["dB"] = "signal_strength",
        ["dBm"] = "signal_strength",
        ["B"] = "data_size",
        ["kB"] = "data_size",
        ["MB"] = "data_size",
        ["GB"] = "data_size",
    }.ToFrozenDictionary();

    // Other spellings of the same unit: the numbers stay what they are.
    private static readonly FrozenDictionary<string, string> Spellings = new Dictionary<string, string>
    {
        ["%RH"] = "%",
        ["% RH"] = "%",
        ["C"] = "°C",
        ["degC"] = "°C",
        ["l"] = "L",
        ["ml"] = "mL",
        ["l/min"] = "L/min",
        ["lpm"] = "L/min",
        ["m3"] = "m³",
        ["m3/h"] = "m³/h",
        ["VAr"] = "var",
        ["VAR"] = "var",
        ["lux"] = "lx",
        ["ug/m3"] = "µg/m³",
        ["μg/m³"] = "µg/m³",
        ["Ws"] = "J",
        ["W/m2"] = "W/m²",
        ["deg"] = "°",
    }.ToFrozenDictionary();

    // Unit, a word of the point's name, the device class that both together make; the first that fits.
    private static readonly (string? Unit, string Word, string Class)[] ByName =
    [
        ("%", "humidity", "humidity"), ("%", "battery", "battery"), ("%", "soc", "battery"), ("%", "moisture", "moisture"), ("%", "factor", "power_factor"),
        (null, "power_factor", "power_factor"), (null, "cos_phi", "power_factor"), (null, "ph", "ph"),
        ("ppm", "co2", "carbon_dioxide"), ("ppm", "co", "carbon_monoxide"), ("ppb", "voc", "volatile_organic_compounds_parts"), ("ppb", "tvoc", "volatile_organic_compounds_parts"),
        ("µg/m³", "pm1", "pm1"), ("µg/m³", "pm2", "pm25"), ("µg/m³", "pm25", "pm25"), ("µg/m³", "pm10", "pm10"),
        ("m³", "gas", "gas"), ("m³", "water", "water"), ("L", "water", "water"),
        ("m/s", "wind", "wind_speed"), ("km/h", "wind", "wind_speed"), ("mm", "rain", "precipitation"),
        ("hPa", "air", "atmospheric_pressure"), ("hPa", "barometric", "atmospheric_pressure"), ("hPa", "atmospheric", "atmospheric_pressure"),
    ];

    // Words of what is kept and not counted: it goes down without having begun anew.
    private static readonly string[] Kept = ["capacity", "remaining", "stored", "level", "tank"];

    private static readonly string[] Counted = ["energy", "volume", "gas", "water"];

    /// <summary>The sensor that a point with numbers makes.</summary>
    public static SensorUnit Of(PointDefinition point)
    {
        var unit = point.Unit is { } written && Spellings.TryGetValue(written, out var spelling) ? spelling : point.Unit;
        var words = point.Name.ToLowerInvariant().Split('_', '-', ' ', '.');
        var byName = ByName.FirstOrDefault(entry => entry.Unit == unit && (words.Contains(entry.Word) || (entry.Word.Contains('_', StringComparison.Ordinal) && point.Name.Contains(entry.Word, StringComparison.OrdinalIgnoreCase))));
        var deviceClass = point.Unit is "%RH" or "% RH" ? "humidity"
            : byName.Class ?? (unit is not null && Classes.TryGetValue(unit, out var known) ? known : null);
        if (unit == "J")
        {
            deviceClass = "energy";
        }

        if (Counted.Contains(deviceClass) && !point.Monotonic && words.Intersect(Kept).Any())
        {
            deviceClass = deviceClass == "energy" ? "energy_storage" : "volume_storage";
        }

        return new SensorUnit(unit, deviceClass, StateClassOf(point, deviceClass));
    }

    // What is counted grows, and begins anew where it gets smaller; what may be negative, a balance, goes both ways.
    private static string StateClassOf(PointDefinition point, string? deviceClass)
    {
        if (Counted.Contains(deviceClass))
        {
            return point.Minimum < 0 && !point.Monotonic ? Total : TotalIncreasing;
        }

        return deviceClass is null && (point.Monotonic || point.RollOver is not null) ? TotalIncreasing : Measurement;
    }
}
