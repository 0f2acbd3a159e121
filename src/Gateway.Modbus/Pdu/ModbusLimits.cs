namespace Gateway.Modbus.Pdu;

/// <summary>The sizes that the standard sets. Modbus Application Protocol 1.1b3 §4.1 and §6.</summary>
public static class ModbusLimits
{
    /// <summary>Coils or discrete inputs in one read request.</summary>
    public const int MaxReadBits = 2000;

    /// <summary>Registers in one read request.</summary>
    public const int MaxReadRegisters = 125;

    /// <summary>Coils in one write request.</summary>
    public const int MaxWriteCoils = 1968;

    /// <summary>Registers in one write request.</summary>
    public const int MaxWriteRegisters = 123;

    /// <summary>Registers that a request which also reads may write. §6.17.</summary>
    public const int MaxReadWriteRegisters = 121;

    /// <summary>Registers in a FIFO queue. §6.18.</summary>
    public const int MaxFifoRegisters = 31;

    /// <summary>Registers of one file record in one request: what fits into an answer. §6.14.</summary>
    public const int MaxFileRegisters = 121;

    /// <summary>The highest record number of a file. §6.14.</summary>
    public const ushort MaxFileRecord = 9999;

    /// <summary>Bytes in a PDU, function code included.</summary>
    public const int MaxPduLength = 253;

    /// <summary>Bytes in the longest frame of any framing: an ASCII one.</summary>
    public const int MaxFrameLength = 513;

    /// <summary>Addresses in a table: 0 to 65535.</summary>
    public const int TableSize = 65536;

    /// <summary>The highest unit id of a serial line; 0 is the broadcast, 248 to 255 are reserved there.</summary>
    public const byte MaxSerialUnitId = 247;
}
