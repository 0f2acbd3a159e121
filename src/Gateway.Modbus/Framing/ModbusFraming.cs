namespace Gateway.Modbus.Framing;

/// <summary>How PDUs are wrapped on a stream.</summary>
public enum ModbusFraming
{
    /// <summary>MBAP header, over TCP or TLS. Modbus Messaging on TCP/IP 1.0b §3.1.3.</summary>
    Tcp,

    /// <summary>Unit id and CRC, over a serial line, TCP or UDP. Modbus over Serial Line 1.02 §2.5.1.</summary>
    Rtu,

    /// <summary>Hexadecimal digits between a colon and CR LF, over a serial line. Modbus over Serial Line 1.02 §2.5.2.</summary>
    Ascii,
}
