namespace Gateway.Modbus.Pdu;

/// <summary>The four address spaces of a device. Modbus Application Protocol 1.1b3 §4.3.</summary>
public enum ModbusTable
{
    /// <summary>Bits, read and write.</summary>
    Coils,

    /// <summary>Bits, read only.</summary>
    DiscreteInputs,

    /// <summary>16-bit registers, read and write.</summary>
    HoldingRegisters,

    /// <summary>16-bit registers, read only.</summary>
    InputRegisters,
}

/// <summary>What follows from a table's kind.</summary>
public static class ModbusTables
{
    /// <summary>Whether the table holds bits rather than registers.</summary>
    public static bool HoldsBits(this ModbusTable table) => table is ModbusTable.Coils or ModbusTable.DiscreteInputs;

    /// <summary>The most items that one request may read: 2000 bits or 125 registers.</summary>
    public static int MaxReadCount(this ModbusTable table) =>
        table.HoldsBits() ? ModbusLimits.MaxReadBits : ModbusLimits.MaxReadRegisters;

    internal static FunctionCode ReadFunction(this ModbusTable table) => table switch
    {
        ModbusTable.Coils => FunctionCode.ReadCoils,
        ModbusTable.DiscreteInputs => FunctionCode.ReadDiscreteInputs,
        ModbusTable.HoldingRegisters => FunctionCode.ReadHoldingRegisters,
        ModbusTable.InputRegisters => FunctionCode.ReadInputRegisters,
        _ => throw new ArgumentOutOfRangeException(nameof(table), table, null),
    };
}
