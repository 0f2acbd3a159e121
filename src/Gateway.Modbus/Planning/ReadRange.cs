using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Planning;

/// <summary>A run of bits or registers: what a point needs, or what a request reads.</summary>
/// <param name="Table">The table.</param>
/// <param name="Address">The first, zero-based.</param>
/// <param name="Count">How many, at least 1.</param>
public readonly record struct ReadRange(ModbusTable Table, ushort Address, int Count)
{
    /// <summary>The address behind the last; up to 65536.</summary>
    public int End => Address + Count;

    /// <summary>Whether the other range lies within this one.</summary>
    public bool Contains(ReadRange other) => other.Table == Table && other.Address >= Address && other.End <= End;
}
