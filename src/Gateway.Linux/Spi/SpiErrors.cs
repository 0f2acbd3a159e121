using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Spi;

/// <summary>What goes wrong with SPI devices, as reasons and as sentences that say what to do.</summary>
internal static class SpiErrors
{
    public static BusException Opening(string path, int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENXIO or Errno.ENODEV => Fault(
            BusReasons.Gone, $"There is no SPI device {path}; {Nearby()}; on a Raspberry Pi switch it on with 'raspi-config nonint do_spi 0'", errno),
        Errno.EACCES or Errno.EPERM => Fault(BusReasons.Denied, $"The SPI device {path} is not permitted to this user; add the user to the group spi", errno),
        Errno.EBUSY => Fault(BusReasons.Busy, $"The SPI device {path} is in use by another process; only one may have it", errno),
        _ => Fault(BusReasons.Failed, $"The SPI device {path} cannot be opened", errno),
    };

    public static BusException Refused(string path, SpiSettings settings, int errno) => Fault(
        BusReasons.NotSupported, $"The controller of {path} cannot do mode {settings.Mode}, {settings.BitsPerWord} bits, {settings.ClockHertz} Hz", errno);

    public static BusException Transferring(string path, int errno) => errno switch
    {
        Errno.ENODEV or Errno.ESHUTDOWN or Errno.ENXIO => Fault(BusReasons.Gone, $"The SPI device {path} has vanished; is it still plugged in?", errno),
        Errno.ETIMEDOUT => Fault(BusReasons.Timeout, $"A transfer on {path} took too long", errno),
        _ => Fault(BusReasons.Failed, $"A transfer on {path} failed", errno),
    };

    // There is one chip behind a chip select: what fails, fails for all there is.
    private static BusException Fault(string reason, string message, int errno) => new(reason, $"{message} ({Errno.NameOf(errno)}).", isBusFault: true);

    private static string Nearby()
    {
        var devices = Directory.Exists("/dev") ? Directory.GetFiles("/dev", "spidev*").Order(StringComparer.Ordinal).ToArray() : [];
        return devices.Length == 0 ? "none is there at all" : $"there are {string.Join(", ", devices)}";
    }
}
