using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>
/// A serial port in raw mode, owned by this process alone: others that open it, and others that lock it, are kept out.
/// Asynchronous only, one read and one write at a time.
/// </summary>
public sealed class SerialPort : DescriptorStream
{
    private SerialPort(SafeFileDescriptor descriptor, SerialSettings settings)
        : base(descriptor, settings.Path) => Settings = settings;

    /// <summary>How the port is set.</summary>
    public SerialSettings Settings { get; }

    /// <summary>Opens and sets a port, and discards what it had received before.</summary>
    /// <exception cref="LinuxException">The port is not there, is in use, is not permitted or cannot do what is asked.</exception>
    /// <exception cref="ArgumentException">A setting that no port has.</exception>
    public static SerialPort Open(SerialSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        var path = settings.Path;
        var descriptor = new SafeFileDescriptor(Libc.open(path, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_NONBLOCK | Libc.O_CLOEXEC));
        try
        {
            if (descriptor.IsInvalid)
                throw SerialErrors.Opening(path, Marshal.GetLastPInvokeError());

            // The lock first: TIOCEXCL would shut out its very owner if somebody else holds the lock. Root passes
            // TIOCEXCL, but not the lock.
            if (Libc.flock(descriptor, Libc.LOCK_EX | Libc.LOCK_NB) < 0)
                throw SerialErrors.InUse(path, Marshal.GetLastPInvokeError());
            if (Libc.ioctl(descriptor, Termios.TIOCEXCL) < 0)
                throw SerialErrors.NoSerialPort(path, Marshal.GetLastPInvokeError());

            LineSettings.Apply(descriptor, settings);
            LineSettings.AskForLowLatency(descriptor);
            LineSettings.DiscardInput(descriptor);
            return new(descriptor, settings);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Drops what was received and not yet read.</summary>
    public void DiscardInput() => LineSettings.DiscardInput(Descriptor);
}
