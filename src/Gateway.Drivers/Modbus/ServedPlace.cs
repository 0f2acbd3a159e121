namespace Gateway.Drivers.Modbus;

/// <summary>Where Modbus clients find a value, and in which form. Immutable.</summary>
public sealed record ServedPlace
{
    /// <summary>The unit id.</summary>
    public required byte Unit { get; init; }

    /// <summary>The table, as maps call it: holding, input, coil or discrete.</summary>
    public required string Table { get; init; }

    /// <summary>The zero-based wire address.</summary>
    public required ushort Address { get; init; }

    /// <summary>What registers hold: a number's type as maps call it, or <c>string</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The registers of a string; more than 0.</summary>
    public int Length { get; init; }

    /// <summary>How many values of a list stand there. Default 1.</summary>
    public int Items { get; init; } = 1;

    /// <summary>The order of the bytes, as maps call it. Default ABCD.</summary>
    public string Order { get; init; } = "ABCD";

    /// <summary>Registers × scale is the value; not 0. Default 1.</summary>
    public decimal Scale { get; init; } = 1;

    /// <summary>Whether clients may write it. Default false.</summary>
    public bool IsWritable { get; init; }

    /// <summary>What the registers show where there is no value: a number, bits in hexadecimal, or a text; null: the request is refused.</summary>
    public string? NotAvailable { get; init; }
}
