namespace Gateway.Linux.Serial;

/// <summary>Who switches an RS-485 transceiver between sending and receiving.</summary>
public enum Rs485Mode
{
    /// <summary>The adapter itself, as most do; or the line is no RS-485.</summary>
    None,

    /// <summary>The kernel's driver of the port, by RTS: exact, where the driver can.</summary>
    Kernel,

    /// <summary>This process, by RTS around each write: for ports whose driver cannot.</summary>
    Rts,
}
