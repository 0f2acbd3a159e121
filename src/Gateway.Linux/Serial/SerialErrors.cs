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
