using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Plugins;
using Gateway.Linux.Serial;

namespace Gateway.Drivers.Serial;

/// <summary>What the keys of a serial line stand for, see <see cref="SerialLineSchema"/>.</summary>
internal static class SerialLineKeys
{
    private static readonly string[] RtsKeys = ["rts-active", "rts-before", "rts-after"];

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
        // To a transport the port is what it makes of it, COM3 for example.
        if (!bus.IsWritten(Transports.Name))
        {
            ValidatePort(bus, portKey, diagnostics);
        }

        if (!bus.TryGet<string>("rs485", out _))
        {
            foreach (var key in RtsKeys.Where(bus.IsWritten))
            {
                diagnostics.Add(Diagnostic.Error(bus.Locate(key), $"'{key}' needs 'rs485', for example rs485: kernel"));
            }
        }
    }

    private static void ValidatePort(Settings bus, string portKey, ICollection<Diagnostic> diagnostics)
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
    }
}
