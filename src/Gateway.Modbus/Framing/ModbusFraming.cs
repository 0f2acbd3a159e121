namespace Gateway.Modbus.Framing;

/// <summary>How PDUs are wrapped on a stream.</summary>
public enum ModbusFraming
{
    /// <summary>MBAP header, over TCP. Modbus Messaging on TCP/IP 1.0b §3.1.3.</summary>
    Tcp,

    /// <summary>Unit id and CRC, over a serial line or over TCP. Modbus over Serial Line 1.02 §2.5.1.</summary>
    Rtu,
}
