using System.Net;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Configuration;

/// <summary>One entry of <c>serve</c>: what other Modbus clients find at an address or a port. Immutable; equal to another that serves the same.</summary>
public sealed record ServeOptions
{
    /// <summary>How it is reached, as maps call it: tcp, tls, rtu-over-tcp, rtu-over-udp, rtu or ascii.</summary>
    public required string Transport { get; init; }

    /// <summary>Where it listens; null on a serial port.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The serial port; null on the network.</summary>
    public ServedPort? Port { get; init; }

    /// <summary>The certificates of tls; null: none.</summary>
    public ServedTls? Tls { get; init; }

    /// <summary>The values that are served; empty for a proxy.</summary>
    public IReadOnlyList<ServedPoint> Values { get; init; } = [];

    /// <summary>A device on the bus that requests are passed on to; null: values are served.</summary>
    public string? Proxy { get; init; }

    /// <summary>Whether a proxy refuses all but the functions that read.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Where its place stands.</summary>
    public SourceLocation Location { get; init; }

    /// <summary>Where <c>proxy</c> stands.</summary>
    public SourceLocation ProxyLocation { get; init; }

    /// <inheritdoc/>
    public bool Equals(ServeOptions? other) => other is not null
        && (Transport, Tls, Proxy, IsReadOnly) == (other.Transport, other.Tls, other.Proxy, other.IsReadOnly)
        && Equals(Listen, other.Listen)
        && Equals(Port, other.Port)
        && Values.Select(value => value with { Location = default }).SequenceEqual(other.Values.Select(value => value with { Location = default }));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Transport, Listen, Port, Proxy, Values.Count);
}

/// <summary>A serial port on which Modbus is served. Equal to another that is set the same.</summary>
/// <param name="Line">The keys of the line, the port's own included.</param>
public sealed record ServedPort(Settings Line)
{
    /// <inheritdoc/>
    public bool Equals(ServedPort? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', ServeSchema.LineKeys.Where(Line.Keys.Contains).Select(key => $"{key}={Line.Get<object>(key)}"));
}

/// <summary>The PEM files of Modbus/TCP Security.</summary>
/// <param name="Authority">The authorities whose clients are let in.</param>
/// <param name="Certificate">The gateway's certificate, and those between it and the authority.</param>
/// <param name="Key">Its private key.</param>
public sealed record ServedTls(string Authority, string Certificate, string Key)
{
    /// <summary>Where they stand.</summary>
    public SourceLocation Location { get; init; }

    /// <inheritdoc/>
    public bool Equals(ServedTls? other) => other is not null && (Authority, Certificate, Key) == (other.Authority, other.Certificate, other.Key);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Authority, Certificate, Key);
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
    /// <summary>How many registers a string takes; 0 for all else.</summary>
    public int Length { get; init; }

    /// <summary>How many values of a list are served, one behind the other.</summary>
    public int Items { get; init; } = 1;

    /// <summary>Whether clients may write it.</summary>
    public bool IsWritable { get; init; }

    /// <summary>How many registers, or bits, it takes.</summary>
    public int Count => Items * Type switch
    {
        "string" => Length,
        "uint64" or "int64" or "float64" => 4,
        "uint32" or "int32" or "float32" => 2,
        _ => 1,
    };
}
