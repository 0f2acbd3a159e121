using Gateway.Modbus.Framing;

namespace Gateway.Modbus.Server;

/// <summary>How a server behaves on its connections.</summary>
public sealed record ModbusServerOptions
{
    /// <summary>
    /// TCP: whether a request for a unit that is not there goes unanswered. Default false: it is answered with
    /// exception 11. On a serial line such a request never has an answer.
    /// </summary>
    public bool IgnoreUnknownUnits { get; init; }

    /// <summary>RTU on a serial line: its times, for the silence before an answer. Null, the default: none.</summary>
    public RtuTiming? Timing { get; init; }
}
