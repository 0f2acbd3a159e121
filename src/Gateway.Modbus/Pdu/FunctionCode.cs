namespace Gateway.Modbus.Pdu;

/// <summary>What a request asks for. Modbus Application Protocol 1.1b3 §5.1.</summary>
public enum FunctionCode : byte
{
    /// <summary>Reads 1 to 2000 coils. §6.1.</summary>
    ReadCoils = 1,

    /// <summary>Reads 1 to 2000 discrete inputs. §6.2.</summary>
    ReadDiscreteInputs = 2,

    /// <summary>Reads 1 to 125 holding registers. §6.3.</summary>
    ReadHoldingRegisters = 3,

    /// <summary>Reads 1 to 125 input registers. §6.4.</summary>
    ReadInputRegisters = 4,

    /// <summary>Switches one coil. §6.5.</summary>
    WriteSingleCoil = 5,

    /// <summary>Writes one holding register. §6.6.</summary>
    WriteSingleRegister = 6,

    /// <summary>Switches 1 to 1968 coils. §6.11.</summary>
    WriteMultipleCoils = 15,

    /// <summary>Writes 1 to 123 holding registers. §6.12.</summary>
    WriteMultipleRegisters = 16,
}
