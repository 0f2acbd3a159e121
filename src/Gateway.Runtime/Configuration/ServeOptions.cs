using System.Net;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Configuration;

/// <summary>One entry of <c>serve</c>: what other Modbus clients find at an address. Immutable; equal to another that serves the same.</summary>
public sealed record ServeOptions
{
    /// <summary>Where it listens.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Whether frames are those of RTU instead of TCP.</summary>
    public required bool IsRtu { get; init; }

    /// <summary>The values that are served; empty for a proxy.</summary>
    public required IReadOnlyList<ServedPoint> Values { get; init; }

    /// <summary>The bus, or a device on it, that requests are passed on to; null: values are served.</summary>
    public string? Proxy { get; init; }

    /// <summary>Where the entry stands.</summary>
    public SourceLocation Location { get; init; }

    /// <summary>Where <c>proxy</c> stands.</summary>
    public SourceLocation ProxyLocation { get; init; }

    /// <inheritdoc/>
    public bool Equals(ServeOptions? other) => other is not null
        && Listen.Equals(other.Listen)
        && IsRtu == other.IsRtu
        && Proxy == other.Proxy
        && Values.Select(value => value with { Location = default }).SequenceEqual(other.Values.Select(value => value with { Location = default }));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Listen, IsRtu, Proxy, Values.Count);
}

/// <summary>A point whose value other Modbus clients find in registers or a bit.</summary>
/// <param name="Location">Where it stands.</param>
/// <param name="Name"><c>DEVICE.POINT</c></param>
/// <param name="Unit">The unit id.</param>
/// <param name="Table">The table, as maps call it: holding, input, coil or discrete.</param>
/// <param name="Address">The zero-based wire address.</param>
/// <param name="Type">The type, as maps call it.</param>
/// <param name="Order">The order of the bytes.</param>
/// <param name="Scale">Registers × scale is the value.</param>
/// <param name="NotAvailable">What the registers show where there is no value, as maps write it; null: requests are refused then.</param>
public sealed record ServedPoint(
    SourceLocation Location, string Name, byte Unit, string Table, ushort Address, string Type, string Order, decimal Scale, string? NotAvailable)
{
    /// <summary>How many registers, or bits, it takes.</summary>
    public int Count => Type is "uint64" or "int64" or "float64" ? 4 : Type is "uint32" or "int32" or "float32" ? 2 : 1;
}
