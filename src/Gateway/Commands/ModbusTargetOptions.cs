using System.CommandLine;
using System.Globalization;
using Gateway.DeviceMaps.Schema;
using Gateway.Drivers.Modbus;
using Gateway.Linux.Serial;
using Gateway.Modbus.Framing;

namespace Gateway.Commands;

/// <summary>The options that name a Modbus line without a map. Where there are several values, each combination is a line's settings.</summary>
internal sealed class ModbusTargetOptions(IReadOnlyList<int> bauds, IReadOnlyList<SerialParity> parities)
{
    private readonly Option<string?> _port = new("--port") { HelpName = "PORT", Description = "The serial port, such as /dev/ttyUSB0" };
    private readonly Option<string?> _host = new("--host") { HelpName = "HOST[:PORT]", Description = "The network device; default port: 502" };
    private readonly Option<string?> _baud = new("--baud") { HelpName = "BAUD[,…]", Description = $"Bits per second of the serial line; default: {string.Join(',', bauds)}" };
    private readonly Option<string?> _parity = new("--parity") { HelpName = "PARITY[,…]", Description = $"none, even or odd; default: {string.Join(',', parities).ToLowerInvariant()}" };
    private readonly Option<int> _stopBits = new("--stop-bits") { HelpName = "N", Description = "1 or 2; default: 1", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _framing = new("--framing") { HelpName = "FRAMING", Description = "rtu or ascii on a serial port, tcp or rtu on the network; default: rtu and tcp" };
    private readonly Option<string?> _timeout = new("--timeout") { HelpName = "TIME", Description = "How long a device may take to begin its answer, such as 500 ms" };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _port, _host, _baud, _parity, _stopBits, _framing, _timeout })
        {
            command.Add(option);
        }
    }

    /// <summary>How long a device may take to begin its answer.</summary>
    public TimeSpan ReadTimeout(ParseResult arguments, TimeSpan standard) => arguments.GetValue(_timeout) is not { } text
        ? standard
        : Quantity.TryParseDuration(text, out var timeout) && timeout > TimeSpan.Zero
            ? timeout
            : throw CommandException.Usage($"'{text}' is no time: write a number with ms or s, such as 500ms");

    /// <summary>The settings of the line, the most common ones first.</summary>
    public IReadOnlyList<ModbusTarget> Read(ParseResult arguments)
    {
        var (port, host) = (arguments.GetValue(_port), arguments.GetValue(_host));
        if (port is null == host is null)
        {
            throw CommandException.Usage("name the line: --port /dev/ttyUSB0 for a serial one, or --host 10.0.0.7 for one on the network");
        }

        var framing = (arguments.GetValue(_framing), port is not null) switch
        {
            (null or "rtu", true) => ModbusFraming.Rtu,
            ("ascii", true) => ModbusFraming.Ascii,
            (null or "tcp", false) => ModbusFraming.Tcp,
            ("rtu", false) => ModbusFraming.Rtu,
            var (text, isSerial) => throw CommandException.Usage($"'{text}' is no framing here: write {(isSerial ? "rtu or ascii" : "tcp or rtu")}"),
        };
        return host is not null ? [OfHost(host) with { Framing = framing }] : [.. Settings(arguments, port!, framing)];
    }

    private IEnumerable<ModbusTarget> Settings(ParseResult arguments, string port, ModbusFraming framing)
    {
        var stopBits = arguments.GetValue(_stopBits);
        if (stopBits is not (1 or 2))
        {
            throw CommandException.Usage("--stop-bits is 1 or 2");
        }

        return
            from baud in ReadList(arguments.GetValue(_baud), bauds, ParseBaud)
            from parity in ReadList(arguments.GetValue(_parity), parities, ParseParity)
            select new ModbusTarget { Port = port, BaudRate = baud, Parity = parity, StopBits = stopBits, Framing = framing };
    }

    private static IReadOnlyList<T> ReadList<T>(string? text, IReadOnlyList<T> standard, Func<string, T> parse) =>
        text is null ? standard : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(parse)];

    private static int ParseBaud(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var baud) && baud is >= 50 and <= 4_000_000
        ? baud
        : throw CommandException.Usage($"'{text}' is no baud rate: write a number such as 9600");

    private static SerialParity ParseParity(string text) => text switch
    {
        "none" => SerialParity.None,
        "even" => SerialParity.Even,
        "odd" => SerialParity.Odd,
        _ => throw CommandException.Usage($"'{text}' is no parity: write none, even or odd"),
    };

    private static ModbusTarget OfHost(string text)
    {
        // [::1]:502, ::1, name:502, name
        var colon = text.LastIndexOf(':');
        var hasPort = colon > 0 && (text[colon - 1] == ']' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        if (!hasPort)
        {
            return new ModbusTarget { Host = host };
        }

        return ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new ModbusTarget { Host = host, TcpPort = port }
            : throw CommandException.Usage($"'{text}' is no address: write HOST or HOST:PORT, such as 10.0.0.7:502");
    }
}
