using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus;

/// <summary>The answer that refuses a request. Modbus Application Protocol 1.1b3 §7.</summary>
internal static class ModbusRefusal
{
    private const byte ExceptionFlag = 0x80;

    /// <summary>Writes it, and gives its length.</summary>
    public static int Write(Span<byte> answer, byte function, ExceptionCode code)
    {
        answer[0] = (byte)(function | ExceptionFlag);
        answer[1] = (byte)code;
        return 2;
    }
}
