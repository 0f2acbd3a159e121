using NModbus;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>A Modbus message whose content NModbus need not know, as Modbus TCP has it: unit and PDU.</summary>
internal class RawMessage : IModbusMessage
{
    public byte SlaveAddress
    {
        get => MessageFrame[0];
        set => MessageFrame[0] = value;
    }

    public byte FunctionCode
    {
        get => MessageFrame[1];
        set => MessageFrame[1] = value;
    }

    /// <summary>Unit and PDU.</summary>
    public byte[] MessageFrame { get; private set; } = [];

    /// <summary>Without the unit.</summary>
    public byte[] ProtocolDataUnit => MessageFrame[1..];

    public ushort TransactionId { get; set; }

    /// <summary>Takes the bytes of a message.</summary>
    public virtual void Initialize(byte[] frame) => MessageFrame = frame;
}

/// <summary>The same as an answer on a serial line, which comes with its checksum.</summary>
internal sealed class RawSerialAnswer : RawMessage
{
    private const int ChecksumLength = 2;

    public override void Initialize(byte[] frame) => base.Initialize(frame[..^ChecksumLength]);
}
