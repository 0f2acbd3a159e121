using Gateway.Modbus.Framing;

namespace Gateway.Modbus.Client;

/// <summary>How a client talks on its line.</summary>
public sealed record ModbusClientOptions
{
    /// <summary>Default TCP.</summary>
    public ModbusFraming Framing { get; init; } = ModbusFraming.Tcp;

    /// <summary>
    /// The serial line's times, for RTU: silence before each request, and the frames' own time on the line added to
    /// each time-out. Null, the default: none, as over TCP.
    /// </summary>
    public RtuTiming? Timing { get; init; }

    /// <summary>How long a device may take before its answer begins. Default 1 s; above 0.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// RTU: how long after a time-out the answer may still come. RTU answers carry nothing to tell them apart by, so
    /// the same function is not asked of the same unit until that answer came or this time is over; other units are
    /// not held up. Null, the default: the unit's response timeout.
    /// </summary>
    public TimeSpan? LateReplyWindow { get; init; }

    /// <summary>How long opening the transport may take. Default 5 s; above 0.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    internal ModbusClientOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ResponseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(LateReplyWindow ?? TimeSpan.Zero, TimeSpan.Zero, nameof(LateReplyWindow));
        return this;
    }
}
