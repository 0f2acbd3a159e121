using System.IO.Ports;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>Opens serial ports by the keys of a bus.</summary>
internal static class SerialPorts
{
    /// <summary>Opens the port of a bus; there is no timeout on it yet.</summary>
    /// <exception cref="IOException">It cannot be opened. The message says what to do.</exception>
    public static SerialPort Open(Settings bus)
    {
        var name = bus.TryGet<string>("serial", out var serial) ? serial : bus.Get<string>("port");
        if (bus.IsWritten("rs485"))
        {
            throw new IOException($"System.IO.Ports cannot switch the transceiver at {name}: take 'rs485' or 'transport' away.");
        }

        var port = new SerialPort(
            name,
            (int)bus.Get<long>("baud"),
            Enum.Parse<Parity>(bus.Get<string>("parity"), ignoreCase: true),
            (int)bus.Get<long>("data-bits"),
            bus.Get<long>("stop-bits") == 2 ? StopBits.Two : StopBits.One);
        try
        {
            port.Open();
            return port;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            port.Dispose();
            throw new IOException($"{name} cannot be opened by System.IO.Ports; it has {List()}: {fault.Message}", fault);
        }
    }

    private static string List() => SerialPort.GetPortNames() is { Length: > 0 } names ? string.Join(", ", names) : "no ports";
}
