using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.Linux.Serial;

namespace Gateway.Drivers.Serial;

/// <summary>The keys of a serial line, the same for every driver that has one.</summary>
internal static class SerialLineKeys
{
    /// <summary>What to say of the port.</summary>
    public const string PortDescription =
        "The serial port; a path below /dev/serial/by-id stays the same when adapters are plugged elsewhere, and so does "
        + "usb:VENDOR:PRODUCT or usb:VENDOR:PRODUCT:SERIAL, with the ids that lsusb shows.";

    private static readonly string[] RtsKeys = ["rts-active", "rts-before", "rts-after"];

    /// <summary>The keys.</summary>
    /// <param name="baud">The default of <c>baud</c>, and where it comes from.</param>
    /// <param name="parity">The default of <c>parity</c>, and where it comes from.</param>
    /// <param name="dataBits">What there is to say about <c>data-bits</c>.</param>
    /// <param name="stopBits">What there is to say about <c>stop-bits</c>.</param>
    /// <param name="defaultDataBits">The default of <c>data-bits</c>.</param>
    public static IEnumerable<KeySchema> Create(
        (long Value, string Origin) baud, (string Value, string Origin) parity, string dataBits, string stopBits, long defaultDataBits = 8) =>
    [
        new()
        {
            Name = "baud",
            Type = KeyType.Integer,
            Default = baud.Value,
            Minimum = 50,
            Maximum = 4_000_000,
            Unit = "bit/s",
            Description = $"The line's speed, any that the adapter can{baud.Origin}.",
            Example = "9600",
        },
        new()
        {
            Name = "data-bits",
            Type = KeyType.Integer,
            Default = defaultDataBits,
            Minimum = 7,
            Maximum = 8,
            Description = $"Bits of a character{dataBits}.",
            Example = "8",
        },
        new()
        {
            Name = "parity",
            Type = KeyType.Choice,
            Choices = ["none", "even", "odd", "mark", "space"],
            Default = parity.Value,
            Description = $"The parity bit{parity.Origin}.",
            Example = "even",
        },
        new()
        {
            Name = "stop-bits",
            Type = KeyType.Integer,
            Default = 1L,
            Minimum = 1,
            Maximum = 2,
            Description = $"Stop bits of a character{stopBits}.",
            Example = "1",
        },
        new()
        {
            Name = "rs485",
            Type = KeyType.Choice,
            Choices = ["kernel", "rts"],
            Description = "Who switches the transceiver of an adapter that does not do it by itself: the port's driver (kernel, exact), or the gateway by RTS around each write (rts).",
            Example = "kernel",
        },
        new()
        {
            Name = "rts-active",
            Type = KeyType.Choice,
            Choices = ["high", "low"],
            Default = "high",
            Description = "With rs485: the level of RTS while sending.",
            Example = "low",
        },
        RtsDelay("rts-before", "With rs485: time between RTS and the first bit, in whole milliseconds."),
        RtsDelay("rts-after", "With rs485: time between the last bit and RTS, in whole milliseconds."),
    ];

    /// <summary>How to open a line.</summary>
    /// <param name="bus">A valid section with these keys.</param>
    /// <param name="port">The port, as the person wrote it.</param>
    public static SerialSettings ToSettings(Settings bus, string port) => new()
    {
        Path = port,
        BaudRate = (int)bus.Get<long>("baud"),
        DataBits = (int)bus.Get<long>("data-bits"),
        Parity = Enum.Parse<SerialParity>(bus.Get<string>("parity"), ignoreCase: true),
        StopBits = (int)bus.Get<long>("stop-bits"),
        Rs485 = bus.TryGet<string>("rs485", out var mode) ? Enum.Parse<Rs485Mode>(mode, ignoreCase: true) : Rs485Mode.None,
        IsRtsActiveLow = bus.Get<string>("rts-active") == "low",
        RtsBefore = bus.Get<TimeSpan>("rts-before"),
        RtsAfter = bus.Get<TimeSpan>("rts-after"),
    };

    /// <summary>Adds what is wrong with the keys beyond what the schema finds.</summary>
    /// <param name="bus">A section with these keys.</param>
    /// <param name="portKey">The key that names the port.</param>
    /// <param name="diagnostics">Takes the findings.</param>
    public static void Validate(Settings bus, string portKey, ICollection<Diagnostic> diagnostics)
    {
        var port = bus.Get<string>(portKey);
        if (port.StartsWith(UsbAdapter.Prefix, StringComparison.Ordinal))
        {
            if (!UsbAdapter.TryParse(port, out _))
            {
                diagnostics.Add(Diagnostic.Error(
                    bus.Locate(portKey), $"'{port}' is no USB adapter: write usb:VENDOR:PRODUCT or usb:VENDOR:PRODUCT:SERIAL with the ids that lsusb shows, such as usb:0403:6001"));
            }
        }
        else if (!port.StartsWith('/'))
        {
            diagnostics.Add(Diagnostic.Error(
                bus.Locate(portKey), $"'{port}' is no port: write its whole path, such as /dev/{(port.StartsWith("tty", StringComparison.Ordinal) ? port : "ttyUSB0")}, or usb:VENDOR:PRODUCT"));
        }

        if (!bus.TryGet<string>("rs485", out _))
        {
            foreach (var key in RtsKeys.Where(bus.IsWritten))
            {
                diagnostics.Add(Diagnostic.Error(bus.Locate(key), $"'{key}' needs 'rs485', for example rs485: kernel"));
            }
        }
    }

    private static KeySchema RtsDelay(string name, string description) => new()
    {
        Name = name,
        Type = KeyType.Duration,
        Default = TimeSpan.Zero,
        Minimum = 0,
        Maximum = 0.1m,
        Description = description,
        Example = "1 ms",
    };
}
