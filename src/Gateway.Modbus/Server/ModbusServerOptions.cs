using System.Collections.ObjectModel;
using Gateway.Modbus.Framing;

namespace Gateway.Modbus.Server;

/// <summary>How a server behaves on its connections.</summary>
public sealed record ModbusServerOptions
{
    /// <summary>
    /// TCP: whether a request that no unit answers stays without an answer. Default false: it is answered with exception
    /// 11. On a serial line such a request never has an answer.
    /// </summary>
    public bool IgnoreUnknownUnits { get; init; }

    /// <summary>RTU on a serial line: its times, for the silence before an answer. Null, the default: none.</summary>
    public RtuTiming? Timing { get; init; }

    /// <summary>How many connections are served at a time; one more is closed at once. Default 64; above 0.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>
    /// Closes a connection on which no whole request has come for so long. Default 10 min; <see cref="Timeout.InfiniteTimeSpan"/>: never, which a
    /// serial line needs.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Closes a connection that does not take an answer for so long. Default 10 s; <see cref="Timeout.InfiniteTimeSpan"/>: never, which a serial line
    /// needs.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether what clients write is logged with who they are; the same again is not. Default false.</summary>
    public bool LogsWrites { get; init; }

    /// <summary>What goes wrong on purpose, by unit id. Default: nothing.</summary>
    public IReadOnlyDictionary<byte, ModbusFaults> Faults { get; init; } = ReadOnlyDictionary<byte, ModbusFaults>.Empty;
}
