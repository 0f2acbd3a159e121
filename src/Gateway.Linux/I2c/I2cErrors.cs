using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.I2c;

/// <summary>What goes wrong with I2C adapters, as reasons and as sentences that say what to do.</summary>
internal static class I2cErrors
{
    public static BusException Opening(string path, int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENXIO or Errno.ENODEV => Missing(path),
        Errno.EACCES or Errno.EPERM => Fault(BusReasons.Denied, $"The I2C adapter {path} is not permitted to this user; add the user to the group i2c", errno),
        _ => Fault(BusReasons.Failed, $"The I2C adapter {path} cannot be opened", errno),
    };

    public static BusException Missing(string name) => new(
        BusReasons.Gone,
        $"There is no I2C adapter {name}; {Nearby()}; on a Raspberry Pi switch it on with 'raspi-config nonint do_i2c 0', elsewhere try 'modprobe i2c-dev'.",
        isBusFault: true);

    public static BusException Several(string name, IEnumerable<string> paths) => new(
        BusReasons.Gone, $"'{name}' is the name of more than one I2C adapter: {string.Join(", ", paths)}; name one by its path.", isBusFault: true);

    public static BusException NoAdapter(string path, int errno) => Fault(BusReasons.NotSupported, $"{path} is not an I2C adapter", errno);

    public static BusException Busy(string path, int address) => new(
        BusReasons.Busy,
        $"A driver of the kernel has the chip at {Hex(address)} on {path}; read it by 'sysfs', or take it out of the device tree.");

    public static BusException Transferring(string path, int address, int errno, bool isThere)
    {
        var chip = $"the chip at {Hex(address)} on {path}";
        return errno switch
        {
            _ when !isThere => Fault(BusReasons.Gone, $"The I2C adapter {path} has vanished; is it still plugged in?", errno),
            Errno.ENXIO or Errno.EREMOTEIO or Errno.ENODEV => Chip(BusReasons.NoAck, $"Nothing acknowledges {Hex(address)} on {path}; look at power, wires and the chip's address", errno),
            Errno.ETIMEDOUT => Chip(BusReasons.Timeout, $"A transfer with {chip} took too long; the chip holds the clock, or the wires are too long for the speed", errno),
            Errno.EAGAIN => Chip(BusReasons.ArbitrationLost, $"A transfer with {chip} was disturbed by another master or by noise on the wires", errno),
            Errno.EBUSY => Fault(BusReasons.BusStuck, $"Somebody holds a line of {path} down; switch the chips off and on again", errno),
            Errno.EBADMSG => Chip(BusReasons.Checksum, $"The packet error code of {chip} is wrong; look at the wires, and whether the chip has one at all", errno),
            Errno.EPROTO => Chip(BusReasons.Failed, $"What {chip} answers is not as SMBus has it; is it another chip than the map says?", errno),
            Errno.EOPNOTSUPP or Errno.EINVAL => Chip(BusReasons.NotSupported, $"The adapter cannot do the transfer that {chip} needs", errno),
            Errno.ESHUTDOWN => Fault(BusReasons.Gone, $"The I2C adapter {path} has vanished; is it still plugged in?", errno),
            _ => Chip(BusReasons.Failed, $"A transfer with {chip} failed", errno),
        };
    }

    private static BusException Chip(string reason, string message, int errno) => new(reason, $"{message} ({Errno.NameOf(errno)}).");

    private static BusException Fault(string reason, string message, int errno) => new(reason, $"{message} ({Errno.NameOf(errno)}).", isBusFault: true);

    private static string Hex(int address) => $"0x{address:x2}";

    private static string Nearby()
    {
        var adapters = I2cAdapterInfo.List();
        return adapters.Count == 0 ? "none is there at all" : $"there are {string.Join(", ", adapters.Select(adapter => $"{adapter.Path} ({adapter.Name})"))}";
    }
}
