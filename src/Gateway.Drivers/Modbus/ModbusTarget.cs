using System.Globalization;
using System.Net;
using Gateway.Linux.Serial;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Shared;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>A Modbus line as the command line names it, without a map. Immutable.</summary>
public sealed record ModbusTarget
{
    /// <summary>The serial port, as a map would name it; null: <see cref="Host"/> is reached by TCP.</summary>
    public string? Port { get; init; }

    /// <summary>Bits per second of the serial line. Default 19200.</summary>
    public int BaudRate { get; init; } = 19200;

    /// <summary>The serial line's parity. Default even.</summary>
    public SerialParity Parity { get; init; } = SerialParity.Even;

    /// <summary>The serial line's stop bits. Default 1.</summary>
    public int StopBits { get; init; } = 1;

    /// <summary>The name or address of a network device. Default this machine.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The network device's port. Default 502.</summary>
    public int TcpPort { get; init; } = 502;

    /// <summary>How frames are told apart: RTU or ASCII on a serial port, TCP or RTU on the network. Default TCP.</summary>
    public ModbusFraming Framing { get; init; } = ModbusFraming.Tcp;

    /// <summary>Who has the line open and passes requests on, by Modbus TCP; null, the default: nobody, and it is opened here.</summary>
    public IPEndPoint? Through { get; init; }

    // The standard's ASCII has 7 bits.
    private int DataBits => Framing == ModbusFraming.Ascii ? 7 : 8;

    /// <summary>A client for the line; does no I/O.</summary>
    /// <param name="timeout">How long a device may take to begin its answer.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    public ModbusClient CreateClient(TimeSpan timeout, TimeProvider timeProvider, ILogger logger)
    {
        var options = new ModbusClientOptions
        {
            Framing = Through is null ? Framing : ModbusFraming.Tcp,
            Timing = Port is null || Through is not null ? null : new RtuTiming(BaudRate, DataBits, Parity != SerialParity.None, StopBits),
            ResponseTimeout = timeout,
        };
        return new ModbusClient(
            async cancellationToken => this switch
            {
                { Through: { } other } => await SocketStream.ConnectAsync(other.Address.ToString(), other.Port, cancellationToken),
                { Port: { } port } => SerialPort.Open(ToSettings(port), timeProvider),
                _ => await SocketStream.ConnectAsync(Host, TcpPort, cancellationToken),
            },
            options,
            timeProvider,
            logger);
    }

    /// <summary>The line as a map's <c>bus:</c> says it.</summary>
    public string ToYaml()
    {
        var transport = (Port, Framing) switch
        {
            (null, ModbusFraming.Tcp) => "tcp",
            (null, _) => "rtu-over-tcp",
            (_, ModbusFraming.Ascii) => "ascii",
            _ => "rtu",
        };
        return Port is null
            ? string.Create(CultureInfo.InvariantCulture, $"{{ modbus: {transport}, host: {Host}, port: {TcpPort} }}")
            : string.Create(CultureInfo.InvariantCulture, $"{{ modbus: {transport}, port: {Port}, baud: {BaudRate}, parity: {ParityName}{(StopBits == 1 ? "" : $", stop-bits: {StopBits}")} }}");
    }

    /// <summary>For people: <c>/dev/ttyUSB0 at 9600 baud, parity none</c>, <c>10.0.0.7:502</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant(Port is null ? $"{Host}:{TcpPort}" : (FormattableString)$"{Port} at {BaudRate} baud, parity {ParityName}");

    private string ParityName => Parity.ToString().ToLowerInvariant();

    private SerialSettings ToSettings(string port) => new()
    {
        Path = port,
        BaudRate = BaudRate,
        DataBits = DataBits,
        Parity = Parity,
        StopBits = StopBits,
    };
}
