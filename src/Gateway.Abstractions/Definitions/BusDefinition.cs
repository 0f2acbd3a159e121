namespace Gateway.Abstractions.Definitions;

/// <summary>One document of a device map: a bus and the devices on it. Immutable.</summary>
public sealed class BusDefinition
{
    /// <summary>The driver that serves the bus: the selecting key, for example <c>modbus</c>.</summary>
    public required string DriverName { get; init; }

    /// <summary>What people call the bus, unique over all maps: <c>modbus tcp 10.0.0.7:502</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The driver's own keys, the selecting one included.</summary>
    public required Settings Settings { get; init; }

    /// <summary>The devices, in the order of the file. At least one.</summary>
    public required IReadOnlyList<DeviceDefinition> Devices { get; init; }

    /// <summary>
    /// The bus and all that is on it as canonical text: equal for two definitions exactly when running one is running the other.
    /// Comments, places and the order of keys do not count. JSON: <c>driver</c>, <c>bus</c> (its own keys) and <c>devices</c>, by name, each with
    /// its own <c>keys</c> and its <c>points</c>, by name.
    /// </summary>
    public required string Fingerprint { get; init; }

    /// <summary>Where the bus stands in the map.</summary>
    public SourceLocation Location => Settings.Location;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
