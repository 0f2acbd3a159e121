using System.Net.Sockets;
using Gateway.Drivers.Serial;
using Gateway.Linux;
using Gateway.Modbus;
using Gateway.Modbus.Client;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// Why a point has no value, as it is published. People write rules on these terms: they never change.
/// </summary>
internal static class ModbusReasons
{
    /// <summary>The device did not answer in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>The answer came damaged.</summary>
    public const string Crc = "crc";

    /// <summary>Something came that is no answer to the request.</summary>
    public const string UnexpectedResponse = "unexpected-response";

    /// <summary>The host is there, and nothing listens on the port.</summary>
    public const string ConnectionRefused = "connection-refused";

    /// <summary>The host did not take the connection in time.</summary>
    public const string ConnectTimeout = "connect-timeout";

    /// <summary>The host has no address.</summary>
    public const string HostNotFound = "host-not-found";

    /// <summary>No way leads to the host.</summary>
    public const string HostUnreachable = "host-unreachable";

    /// <summary>The connection broke, or the adapter was pulled.</summary>
    public const string Disconnected = PortReasons.Disconnected;

    /// <summary>The device says that it has no value.</summary>
    public const string NotAvailable = "not-available";

    /// <summary>The registers hold no date and time, or the device calls its clock invalid.</summary>
    public const string InvalidTime = "invalid-time";

    /// <summary>The registers should hold decimal digits, and do not.</summary>
    public const string InvalidDigits = "invalid-digits";

    /// <summary>The device has no SunSpec map.</summary>
    public const string NoSunSpec = "no-sunspec";

    /// <summary>The device's SunSpec map lacks the point's model.</summary>
    public const string NotImplemented = "not-implemented";

    /// <summary>Something else stands where the point's SunSpec model stood; it is looked for again.</summary>
    public const string ModelMoved = "model-moved";

    // Made once: a failing point costs no garbage.
    private static readonly string[] Exceptions = [.. Enumerable.Range(0, 256).Select(code => $"exception-{code}")];

    /// <summary>The reason of a request that was not answered as asked.</summary>
    public static string Of(ModbusResult result) => result.Status switch
    {
        ModbusStatus.Exception => Exceptions[(byte)result.ExceptionCode],
        ModbusStatus.Timeout => Timeout,
        ModbusStatus.ChecksumError => Crc,
        _ => UnexpectedResponse,
    };

    /// <summary>The reason of a transport that is broken or does not open.</summary>
    public static string Of(ModbusTransportException fault) => fault.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => ConnectionRefused,
        SocketException { SocketErrorCode: SocketError.TimedOut } => ConnectTimeout,
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } => HostNotFound,
        SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown } => HostUnreachable,
        LinuxException port => PortReasons.Of(port),
        OperationCanceledException => ConnectTimeout,
        _ => Disconnected,
    };
}
