using Gateway.Modbus.Framing;

namespace Gateway.Modbus.Client;

/// <summary>How a client talks on its line.</summary>
public sealed record ModbusClientOptions
{
    /// <summary>The most requests that may be under way at once over TCP.</summary>
    public const int MaxInFlightLimit = 64;

    /// <summary>Default TCP.</summary>
    public ModbusFraming Framing { get; init; } = ModbusFraming.Tcp;

    /// <summary>
    /// The serial line's times, for RTU and ASCII: silence before each request, and the frames' own time on the line
    /// added to each time-out. Null, the default: none, as over TCP.
    /// </summary>
    public RtuTiming? Timing { get; init; }

    /// <summary>How long a device may take before its answer begins. Default 1 s; above 0.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// RTU and ASCII: how long after a time-out the answer may still come. Such answers carry nothing to tell them
    /// apart by, so the same function is not asked of the same unit until that answer came or this time is over; other
    /// units are not held up. Null, the default: the unit's response timeout.
    /// </summary>
    public TimeSpan? LateReplyWindow { get; init; }

    /// <summary>How long opening the transport may take. Default 5 s; above 0.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to leave a line alone that was just opened: some devices need it. Default 0.</summary>
    public TimeSpan PauseAfterConnect { get; init; }

    /// <summary>
    /// How long after a failure to open the line the next requests fail alike, without another attempt. Default 0.
    /// </summary>
    public TimeSpan ReconnectDelay { get; init; }

    /// <summary>Closes a line that was idle for so long; the next request opens it again. Null, the default: never.</summary>
    public TimeSpan? CloseAfter { get; init; }

    /// <summary>
    /// TCP: how many requests may be under way at once, 1 to 64. Default 1, as many devices lose or mix up more. RTU and
    /// ASCII have one.
    /// </summary>
    public int MaxInFlight { get; init; } = 1;

    internal ModbusClientOptions Validated()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ResponseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(LateReplyWindow ?? TimeSpan.Zero, TimeSpan.Zero, nameof(LateReplyWindow));
        ArgumentOutOfRangeException.ThrowIfLessThan(PauseAfterConnect, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReconnectDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CloseAfter ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(CloseAfter));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxInFlight, Framing == ModbusFraming.Tcp ? MaxInFlightLimit : 1);
        return this;
    }
}
