namespace Gateway.Modbus.Pdu;

/// <summary>What a device on a serial line counts since it was started or cleared, each up to 65,535 and then from 0 again. Function 8, §6.8.1.</summary>
public enum DiagnosticCounter : ushort
{
    /// <summary>No count but 16 bits whose meaning is the device's own.</summary>
    DiagnosticRegister = 2,

    /// <summary>Messages on the line, whoever they were for.</summary>
    BusMessages = 11,

    /// <summary>Messages on the line with a wrong checksum or parity.</summary>
    BusCommunicationErrors = 12,

    /// <summary>Requests that the device answered with an exception.</summary>
    BusExceptions = 13,

    /// <summary>Requests for the device, broadcasts among them.</summary>
    ServerMessages = 14,

    /// <summary>Requests that the device did not answer.</summary>
    ServerNoResponses = 15,

    /// <summary>Requests that the device refused with exception 7.</summary>
    ServerNegativeAcknowledges = 16,

    /// <summary>Requests that the device refused with exception 6.</summary>
    ServerBusy = 17,

    /// <summary>Characters that came faster than the device could take them.</summary>
    BusCharacterOverruns = 18,
}
