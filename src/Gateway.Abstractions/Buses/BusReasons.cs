namespace Gateway.Abstractions.Buses;

/// <summary>Why a chip or a line gave no value, as it is published. People write rules on these terms: they never change.</summary>
public static class BusReasons
{
    /// <summary>No chip acknowledged the address.</summary>
    public const string NoAck = "no-ack";

    /// <summary>The chip held the clock for too long, or the transfer was not over in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>Somebody holds a line of the bus down; the kernel's recovery did not help.</summary>
    public const string BusStuck = "bus-stuck";

    /// <summary>Another master, or a disturbance, spoke at the same time.</summary>
    public const string ArbitrationLost = "arbitration-lost";

    /// <summary>Somebody else has the chip or the line: a driver of the kernel, another program.</summary>
    public const string Busy = "busy";

    /// <summary>The adapter is not there, or no longer.</summary>
    public const string Gone = "gone";

    /// <summary>The adapter may not be opened by this user.</summary>
    public const string Denied = "denied";

    /// <summary>The adapter cannot do such a transfer, or the line cannot be used so.</summary>
    public const string NotSupported = "not-supported";

    /// <summary>What came was damaged: a checksum is wrong.</summary>
    public const string Checksum = "checksum";

    /// <summary>Another chip than the map says answers.</summary>
    public const string WrongChip = "wrong-chip";

    /// <summary>The chip had no value by the time it should have one.</summary>
    public const string NotReady = "not-ready";

    /// <summary>There is no such value or line.</summary>
    public const string NotThere = "not-there";

    /// <summary>The chip cannot tell of a line's edges, and without them nothing can be counted.</summary>
    public const string NoInterrupts = "no-interrupts";

    /// <summary>The kernel did not come back from a call.</summary>
    public const string Hung = "bus-hung";

    /// <summary>The transfer failed, and the kernel does not say why.</summary>
    public const string Failed = "io-error";
}
