using System.Globalization;

namespace Gateway.Linux.Serial;

/// <summary>A serial port that hangs on USB.</summary>
/// <param name="Path">Its device, such as <c>/dev/ttyUSB0</c>.</param>
/// <param name="Adapter">What its adapter says of itself.</param>
internal sealed record UsbPort(string Path, UsbAdapter Adapter)
{
    private const int MaxDepth = 8; // port, interface, device: more than this is no USB port

    /// <summary>The path that a person's port stands for: itself, or that of the USB adapter that it names.</summary>
    /// <param name="port">What the person wrote.</param>
    /// <param name="sysfs">Where sysfs is mounted.</param>
    /// <exception cref="LinuxException">The adapter is not there, or it is more than one.</exception>
    public static string Resolve(string port, string sysfs = "/sys")
    {
        if (!UsbAdapter.TryParse(port, out var adapter))
            return port;

        var all = List(sysfs);
        var found = all.Where(each => IsMeant(adapter, each.Adapter)).ToArray();
        return found.Length switch
        {
            0 => throw SerialErrors.NoAdapter(adapter, all),
            1 => found[0].Path,
            _ => throw SerialErrors.SeveralAdapters(adapter, found),
        };
    }

    /// <summary>The serial ports that hang on USB, by name.</summary>
    public static IReadOnlyList<UsbPort> List(string sysfs = "/sys")
    {
        var ports = new List<UsbPort>();
        var folder = System.IO.Path.Combine(sysfs, "class", "tty");
        if (!Directory.Exists(folder))
            return ports;

        foreach (var tty in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (FindAdapter(tty) is { } adapter)
                ports.Add(new UsbPort("/dev/" + System.IO.Path.GetFileName(tty), adapter));
        }

        return ports;
    }

    private static bool IsMeant(UsbAdapter wanted, UsbAdapter found) =>
        wanted.Vendor == found.Vendor && wanted.Product == found.Product && (wanted.Serial is null || wanted.Serial == found.Serial);

    // The port's device is below its USB interface, and that below the USB device, which has the ids.
    private static UsbAdapter? FindAdapter(string tty)
    {
        try
        {
            var place = Directory.ResolveLinkTarget(tty, returnFinalTarget: true)?.FullName ?? tty;
            var folder = Directory.ResolveLinkTarget(System.IO.Path.Combine(place, "device"), returnFinalTarget: true)?.FullName;
            for (var i = 0; i < MaxDepth && folder is not null; i++, folder = System.IO.Path.GetDirectoryName(folder))
            {
                if (File.Exists(System.IO.Path.Combine(folder, "idVendor")))
                    return new UsbAdapter(ReadId(folder, "idVendor"), ReadId(folder, "idProduct"), ReadText(folder, "serial"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Pulled while it was looked at.
        }

        return null;
    }

    private static ushort ReadId(string folder, string name) =>
        ushort.Parse(File.ReadAllText(System.IO.Path.Combine(folder, name)).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string? ReadText(string folder, string name)
    {
        var path = System.IO.Path.Combine(folder, name);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }
}
