using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Chips;

/// <summary>The keys of devices and points on a bus of chips, whatever the bus.</summary>
internal static class ChipKeys
{
    /// <summary>The device's key that says which chip it is.</summary>
    public const string Sensor = "sensor";

    /// <summary>The point's key that says what of a known chip it is.</summary>
    public const string Field = "field";

    /// <summary>Those of a device that is a chip the gateway knows.</summary>
    /// <param name="names">The chips.</param>
    public static KeySchema SensorKey(IEnumerable<string> names) => new()
    {
        Name = Sensor,
        Type = KeyType.Choice,
        Choices = [.. names],
        Description = "A chip that the gateway knows; what it measures comes from the device library. Without it the points say which registers they are.",
        Example = "bme280",
    };

    /// <summary>What a point of a known chip is.</summary>
    public static readonly KeySchema FieldKey = new()
    {
        Name = Field,
        Type = KeyType.Text,
        Description = "With sensor: which of its values the point is, see the table of sensors.",
        Example = "temperature",
    };
}
