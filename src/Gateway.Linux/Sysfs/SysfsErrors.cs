using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Sysfs;

/// <summary>What goes wrong with attributes, as reasons and as sentences that say what to do.</summary>
internal static class SysfsErrors
{
    public static BusException Reading(string path, int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => Error(BusReasons.NotThere, $"There is no {path}", errno),
        Errno.EACCES or Errno.EPERM => Error(BusReasons.Denied, $"{path} may not be read by this user", errno),
        Errno.ENODEV => Error(BusReasons.Gone, $"The device of {path} has gone", errno),
        Errno.ENXIO or Errno.EREMOTEIO => Error(BusReasons.NoAck, $"The device of {path} does not answer its driver; look at power and wires", errno),
        Errno.ETIMEDOUT => Error(BusReasons.Timeout, $"The device of {path} did not answer its driver in time", errno),
        Errno.EBADMSG or Errno.EPROTO => Error(BusReasons.Checksum, $"What came for {path} was damaged", errno),
        Errno.EBUSY => Error(BusReasons.Busy, $"{path} is in use by another part of the kernel", errno),
        Errno.EAGAIN or Errno.ENODATA or Errno.EINVAL => Error(BusReasons.NotReady, $"The kernel has no value for {path} now", errno),
        Errno.EOPNOTSUPP => Error(BusReasons.NotSupported, $"The driver of {path} cannot read it", errno),
        _ => Error(BusReasons.Failed, $"Reading {path} failed", errno),
    };

    public static BusException Writing(string path, int errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM or Errno.EROFS => Error(
            BusReasons.Denied, $"{path} may not be written by this user; a udev rule can hand it to the service's group (as /usr/lib/udev/rules.d/60-gateway.rules does)", errno),
        Errno.EINVAL or Errno.ERANGE => Error(BusReasons.NotSupported, $"The kernel does not take that value for {path}", errno),
        Errno.EBUSY => Error(BusReasons.Busy, $"{path} is in use by another part of the kernel", errno),
        _ => Reading(path, errno),
    };

    private static BusException Error(string reason, string message, int errno) => new(reason, $"{message} ({Errno.NameOf(errno)}).");
}
