namespace Gateway.Linux.Serial;

/// <summary>A serial port, and what hangs there.</summary>
/// <param name="Path">Its device, such as <c>/dev/ttyUSB0</c>.</param>
/// <param name="ById">Its name that stays the same when adapters change places; null if it has none.</param>
/// <param name="Adapter">What its USB adapter says of itself; null if it hangs on no USB.</param>
/// <param name="Driver">The kernel's driver; null if it is not known.</param>
public sealed record SerialPortInfo(string Path, string? ById, UsbAdapter? Adapter, string? Driver)
{
    /// <summary>The ports of the machine that have hardware behind them, as <see cref="SerialPorts.List"/>.</summary>
    /// <param name="sysfs">Where sysfs is mounted.</param>
    public static IReadOnlyList<SerialPortInfo> List(string sysfs = "/sys")
    {
        var adapters = UsbPort.List(sysfs).ToDictionary(port => port.Path, port => port.Adapter);
        return [.. SerialPorts.List().Select(name => Describe(name, adapters, sysfs))];
    }

    private static SerialPortInfo Describe(string name, Dictionary<string, UsbAdapter> adapters, string sysfs)
    {
        var path = File.ResolveLinkTarget(name, returnFinalTarget: true)?.FullName ?? name;
        var driver = System.IO.Path.Combine(sysfs, "class", "tty", System.IO.Path.GetFileName(path), "device", "driver");
        return new SerialPortInfo(path, path == name ? null : name, adapters.GetValueOrDefault(path), ReadDriver(driver));
    }

    private static string? ReadDriver(string link)
    {
        try
        {
            return Directory.ResolveLinkTarget(link, returnFinalTarget: true) is { } target ? target.Name : null;
        }
        catch (IOException)
        {
            return null; // pulled while it was looked at
        }
    }
}
