using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <summary>A kind of chip that the gateway knows. Immutable.</summary>
/// <typeparam name="TPort">The way to the chip.</typeparam>
internal record ChipType<TPort>
{
    /// <summary>What <c>sensor</c> says.</summary>
    public required string Name { get; init; }

    /// <summary>The profile of the device library with its points; null: which points there are depends on what is wired to it.</summary>
    public string? Profile { get; init; }

    /// <summary>What can be read, as <c>field</c> names it.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>Whether its fields can be written.</summary>
    public bool IsWritable { get; init; }

    /// <summary>Those keys of a device or a point that are for some chips only, and for this one.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Makes what reads the chip of a device, with what the gateway lends. The device must be valid.</summary>
    public required Func<DeviceDefinition, DriverContext, Chip<TPort>> Create { get; init; }
}
