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

    /// <summary>Reads eight status bits of the device's own choice. §6.7.</summary>
    ReadExceptionStatus = 7,

    /// <summary>Tests the line to the device. §6.8.</summary>
    Diagnostics = 8,

    /// <summary>Counts the device's events. §6.9.</summary>
    GetCommEventCounter = 11,

    /// <summary>Lists the device's events. §6.10.</summary>
    GetCommEventLog = 12,

    /// <summary>Switches 1 to 1968 coils. §6.11.</summary>
    WriteMultipleCoils = 15,

    /// <summary>Writes 1 to 123 holding registers. §6.12.</summary>
    WriteMultipleRegisters = 16,

    /// <summary>Reads what the device is, and whether it runs. §6.13.</summary>
    ReportServerId = 17,

    /// <summary>Reads records of the device's files. §6.14.</summary>
    ReadFileRecord = 20,

    /// <summary>Writes records of the device's files. §6.15.</summary>
    WriteFileRecord = 21,

    /// <summary>Changes some bits of one holding register. §6.16.</summary>
    MaskWriteRegister = 22,

    /// <summary>Writes 1 to 121 holding registers, then reads 1 to 125. §6.17.</summary>
    ReadWriteMultipleRegisters = 23,

    /// <summary>Reads a queue of up to 31 registers. §6.18.</summary>
    ReadFifoQueue = 24,

    /// <summary>Carries another protocol; with MEI type 14 it reads the device's identification. §6.19 to §6.21.</summary>
    EncapsulatedInterface = 43,
}
