using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Plugins;

namespace Gateway.Drivers.Modbus;

/// <summary>What a Modbus bus may say, by its transport.</summary>
internal static class ModbusBusSchema
{
    /// <summary>The key that says how many connections a bus has.</summary>
    public const string Connection = "connection";

    /// <summary>A connection for each device.</summary>
    public const string ConnectionPerDevice = "per-device";

    /// <summary>The key that says how many requests may be under way at once.</summary>
    public const string InFlight = "in-flight";

    private const string SharedConnection = "shared";
    private const int TcpPort = 502;
    private const int TlsPort = 802;
    private const string DefaultOfStandard = "; the default is that of Modbus over Serial Line 1.02 §2.2";
    private const string StopBits = ". The standard asks for 2 where there is no parity; most devices have 1";

    private static readonly TimeSpan SerialTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The key that selects the transport.</summary>
    public static KeySchema Selector => new()
    {
        Name = "modbus",
        Type = KeyType.Choice,
        Choices = ModbusTransport.All,
        Required = true,
        Description = "How the devices are reached: a serial line (rtu, ascii), a network address (tcp, or tls with certificates), or a serial line behind one (rtu-over-tcp, rtu-over-udp).",
        Example = ModbusTransport.Rtu,
    };

    /// <summary>The other keys.</summary>
    public static IReadOnlyDictionary<string, SectionSchema> Sections { get; } = new Dictionary<string, SectionSchema>
    {
        [ModbusTransport.Rtu] = Section(ModbusTransport.Rtu, [.. SerialLine("; RTU needs 8", 8), Timeout(SerialTimeout), Pause, .. Line]),
        [ModbusTransport.Ascii] = Section(ModbusTransport.Ascii, [.. SerialLine(", 7 by the standard", 7), Timeout(SerialTimeout), Pause, .. Line]),
        [ModbusTransport.Tcp] = Section(ModbusTransport.Tcp, [.. Address(TcpPort, "TCP"), Timeout(NetworkTimeout), Pause, .. Line, Connections, Pipelining]),
        [ModbusTransport.Tls] = Section(
            ModbusTransport.Tls, [.. Address(TlsPort, "TCP"), .. Certificates, Timeout(NetworkTimeout), Pause, .. Line, Connections, Pipelining]),
        [ModbusTransport.RtuOverTcp] = Section(ModbusTransport.RtuOverTcp, [.. Address(null, "TCP"), Timeout(NetworkTimeout), Pause, .. Line]),
        [ModbusTransport.RtuOverUdp] = Section(ModbusTransport.RtuOverUdp, [.. Address(null, "UDP"), Timeout(NetworkTimeout), Pause, .. Line]),
    };

    /// <summary>How many requests may be under way at once on each connection of a bus.</summary>
    public static int InFlightOf(Settings bus) => bus.TryGet<long>(InFlight, out var count) ? (int)count : 1;

    private static KeySchema Pause => new()
    {
        Name = "pause",
        Type = KeyType.Duration,
        Default = TimeSpan.Zero,
        Minimum = 0,
        Maximum = 10,
        Description = "The rest between an answer and the next request, beyond the silence that the protocol asks for.",
        Example = "20 ms",
    };

    /// <summary>How a line is opened and closed, whichever it is.</summary>
    private static KeySchema[] Line =>
    [
        new()
        {
            Name = "pause-after-connect",
            Type = KeyType.Duration,
            Default = TimeSpan.Zero,
            Minimum = 0,
            Maximum = 60,
            Description = "The rest between opening the line and the first request; some devices need it.",
            Example = "500 ms",
        },
        new()
        {
            Name = "reconnect",
            Type = KeyType.Duration,
            Default = TimeSpan.FromSeconds(1),
            Minimum = 0,
            Maximum = 2,
            Description = "The least time between two attempts to open the line after one that failed.",
            Example = "500 ms",
        },
        new()
        {
            Name = "close-after",
            Type = KeyType.Duration,
            Minimum = 0.001m,
            Maximum = 3600,
            Description = "Closes a line that was idle for so long, for devices that serve few connections; left out, it stays open.",
            Example = "5 s",
        },
    ];

    private static KeySchema Connections => new()
    {
        Name = Connection,
        Type = KeyType.Choice,
        Choices = [SharedConnection, ConnectionPerDevice],
        Default = SharedConnection,
        Description = "Whether the devices of the bus share one connection or have one each.",
        Example = ConnectionPerDevice,
    };

    private static KeySchema Pipelining => new()
    {
        Name = InFlight,
        Type = KeyType.Integer,
        Default = 1L,
        Minimum = 1,
        Maximum = 16,
        Description = "How many requests of a device may be under way at once on a connection. More read a device that needs several requests sooner; many devices lose or mix up what comes before they have answered.",
        Example = "4",
    };

    private static KeySchema[] Certificates =>
    [
        File("ca", "PEM file of the authorities whose servers are trusted.", "/etc/gateway/modbus-ca.pem"),
        File("certificate", "PEM file of the certificate that the gateway shows, and of those between it and the authority.", "/etc/gateway/modbus.pem"),
        File("key", "PEM file of the certificate's private key.", "/etc/gateway/modbus.key"),
    ];

    private static SectionSchema Section(string transport, IReadOnlyList<KeySchema> keys) => new() { Name = $"a modbus {transport} bus", Keys = [.. keys, Transports.Key] };

    private static KeySchema[] SerialLine(string dataBits, long defaultDataBits) =>
    [
        new()
        {
            Name = "port",
            Type = KeyType.Text,
            Required = true,
            Description = SerialLineSchema.PortDescription,
            Example = "/dev/serial/by-id/usb-FTDI_FT232R-if00-port0",
        },
        .. SerialLineSchema.Create((19200, DefaultOfStandard), ("even", DefaultOfStandard), dataBits, StopBits, defaultDataBits),
    ];

    private static KeySchema[] Address(long? defaultPort, string protocol) =>
    [
        new()
        {
            Name = "host",
            Type = KeyType.Text,
            Required = true,
            Description = "The name or address of the device or of the gateway that its serial line hangs on.",
            Example = "10.0.0.7",
        },
        new()
        {
            Name = "port",
            Type = KeyType.Integer,
            Required = defaultPort is null,
            Default = defaultPort,
            Minimum = 1,
            Maximum = 65535,
            Description = $"The {protocol} port.",
            Example = (defaultPort ?? 4001).ToString(CultureInfo.InvariantCulture),
        },
    ];

    private static KeySchema Timeout(TimeSpan standard) => new()
    {
        Name = "timeout",
        Type = KeyType.Duration,
        Default = standard,
        Minimum = 0.001m,
        Maximum = 60,
        Description = "How long a device may take to begin its answer; the time on the wire is added.",
        Example = "2 s",
    };

    private static KeySchema File(string name, string description, string example) => new()
    {
        Name = name,
        Type = KeyType.Text,
        Required = true,
        Description = description,
        Example = example,
    };
}
