using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Framing;

namespace Gateway.Drivers.Modbus;

/// <summary>The ways to Modbus devices, as maps name them.</summary>
internal static class ModbusTransport
{
    public const string Rtu = "rtu";
    public const string Ascii = "ascii";
    public const string Tcp = "tcp";
    public const string Tls = "tls";
    public const string RtuOverTcp = "rtu-over-tcp";
    public const string RtuOverUdp = "rtu-over-udp";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All = [Rtu, Ascii, Tcp, Tls, RtuOverTcp, RtuOverUdp];

    /// <summary>Which one a bus has.</summary>
    public static string Of(Settings bus) => bus.Get<string>("modbus");

    /// <summary>Whether it is a serial port of this machine.</summary>
    public static bool IsSerialPort(string transport) => transport is Rtu or Ascii;

    /// <summary>
    /// Whether devices have the unit ids of a serial line: 1 to 247, and 0 for all of them.
    /// </summary>
    public static bool HasSerialUnits(string transport) => transport is not (Tcp or Tls);

    /// <summary>How its frames are told apart.</summary>
    public static ModbusFraming FramingOf(string transport) => transport switch
    {
        Tcp or Tls => ModbusFraming.Tcp,
        Ascii => ModbusFraming.Ascii,
        _ => ModbusFraming.Rtu,
    };
}
