using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Planning;

/// <summary>What one device allows in one read request.</summary>
public sealed record ReadLimits
{
    /// <summary>Registers per request, 1 to 125. Default 125.</summary>
    public int MaxRegisters { get; init; } = ModbusLimits.MaxReadRegisters;

    /// <summary>Bits per request, 1 to 2000. Default 2000.</summary>
    public int MaxBits { get; init; } = ModbusLimits.MaxReadBits;

    /// <summary>
    /// The longest run of items that no point needs and a request may read all the same. Default 0, as many devices
    /// refuse a range with a hole in it.
    /// </summary>
    public int MaxGap { get; init; }

    internal int MaxCount(ModbusTable table) => table.HoldsBits() ? MaxBits : MaxRegisters;
}
