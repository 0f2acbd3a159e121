using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>What a client has written.</summary>
/// <param name="table">Coils or holding registers.</param>
/// <param name="address">The first, zero-based.</param>
/// <param name="count">How many.</param>
public sealed class ModbusWrittenEventArgs(ModbusTable table, ushort address, int count) : EventArgs
{
    /// <summary>Coils or holding registers.</summary>
    public ModbusTable Table { get; } = table;

    /// <summary>The first, zero-based.</summary>
    public ushort Address { get; } = address;

    /// <summary>How many.</summary>
    public int Count { get; } = count;
}
