using System.Globalization;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>What goes wrong with serial ports, as sentences that say what to do.</summary>
internal static class SerialErrors
{
    public static LinuxException Opening(string path, int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENXIO or Errno.ENODEV => new($"There is no port {path}; {Nearby()}.", errno),
        Errno.EACCES or Errno.EPERM => new($"The port {path} is not permitted to this user; add the user to the group dialout.", errno),
        Errno.EBUSY => InUse(path, errno),
        _ => new($"The port {path} cannot be opened.", errno),
    };

    public static LinuxException InUse(string path, int errno)
    {
        var owner = PortOwner.Find(path);
        return new($"The port {path} is in use by {owner ?? "another process"}; only one may have it.", errno == Errno.EAGAIN ? Errno.EBUSY : errno);
    }

    public static LinuxException NoSerialPort(string path, int errno) => new($"{path} is not a serial port.", errno);

    public static LinuxException Vanished(string path, int errno) => new($"The port {path} has vanished; is the adapter still plugged in?", errno);

    public static LinuxException NoKernelRs485(string path, int errno) => new(
        errno is Errno.ENOTTY or Errno.EOPNOTSUPP
            ? $"The driver of {path} does not switch RS-485; write 'rs485: rts', or leave it out for an adapter that switches by itself."
            : $"The driver of {path} refuses these RS-485 settings; try them without delays, or write 'rs485: rts'.",
        errno);

    public static LinuxException NoRts(string path, int errno) => new(
        errno is Errno.ENOTTY or Errno.EINVAL
            ? $"The port {path} has no RTS line to switch RS-485 by; leave out 'rs485'."
            : $"RTS of {path} cannot be set; is the adapter still plugged in?",
        errno);

    public static LinuxException NoAdapter(UsbAdapter adapter, IReadOnlyCollection<UsbPort> there) => new(
        there.Count == 0
            ? $"There is no USB adapter {adapter}; no USB serial port is there at all."
            : $"There is no USB adapter {adapter}; there are {string.Join(", ", there.Select(port => $"{port.Adapter} ({port.Path})").Order(StringComparer.Ordinal))}.",
        Errno.ENODEV);

    public static LinuxException SeveralAdapters(UsbAdapter adapter, IEnumerable<UsbPort> found) => new(
        $"{adapter} is more than one port: {string.Join(", ", found.Select(port => $"{port.Adapter} ({port.Path})"))}; "
        + (adapter.Serial is null ? "add the serial number, or " : "") + "name one by its path below /dev/serial/by-path.",
        Errno.EINVAL);

    public static LinuxException Refused(SerialSettings settings, int errno) =>
        new($"The port {settings.Path} cannot do {Describe(settings)}; choose settings that the adapter supports.", errno);

    public static LinuxException OtherRate(SerialSettings settings, int actualBaudRate) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"The port {settings.Path} cannot do {settings.BaudRate} baud, the nearest it can is {actualBaudRate}; choose a rate that the adapter supports."),
        Errno.EINVAL);

    private static string Describe(SerialSettings settings) => string.Create(
        CultureInfo.InvariantCulture,
        $"{settings.BaudRate} baud, {settings.DataBits} data bits, parity {settings.Parity.ToString().ToLowerInvariant()}, {settings.StopBits} stop bits");

    private static string Nearby()
    {
        var ports = SerialPorts.List();
        return ports.Count == 0 ? "no serial port is there at all" : $"there are {string.Join(", ", ports)}";
    }
}
