using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>
/// A serial port in raw mode, owned by this process alone: others that open it, and others that lock it, are kept out.
/// Asynchronous only, one read and one write at a time.
/// </summary>
public sealed class SerialPort : DescriptorStream
{
    private readonly RtsTurnaround? _turnaround;

    private SerialPort(SafeFileDescriptor descriptor, SerialSettings settings, TimeProvider timeProvider)
        : base(descriptor, settings.Path, timeProvider as LineThread)
    {
        Settings = settings;
        _turnaround = settings.Rs485 != Rs485Mode.Rts ? null : new RtsTurnaround(
            settings, isSending => Rs485Line.SetSending(descriptor, settings, isSending), () => Rs485Line.Drain(descriptor, settings.Path), timeProvider);
    }

    /// <summary>How the port is set; its path is that of the device.</summary>
    public SerialSettings Settings { get; }

    /// <summary>Opens and sets a port, and discards what it had received before.</summary>
    /// <exception cref="LinuxException">The port is not there, is in use, is not permitted or cannot do what is asked.</exception>
    /// <exception cref="ArgumentException">A setting that no port has.</exception>
    /// <param name="settings">The port, and how it is to be set. There is no flow control.</param>
    /// <param name="timeProvider">
    /// The clock of <see cref="SerialSettings.RtsBefore"/> and <see cref="SerialSettings.RtsAfter"/>; null: the system's. A <see cref="LineThread"/>
    /// waits for the port too, which else has a thread of its own.
    /// </param>
    public static SerialPort Open(SerialSettings settings, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        var path = UsbPort.Resolve(settings.Path);
        settings = settings with { Path = path };
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
            Rs485Line.Apply(descriptor, settings);
            LineSettings.AskForLowLatency(descriptor, path);
            LineSettings.DiscardInput(descriptor);
            return new(descriptor, settings, timeProvider ?? TimeProvider.System);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Hands all bytes to the kernel; with <see cref="Rs485Mode.Rts"/> comes back when the last bit is on the line.</summary>
    /// <exception cref="LinuxException">The device vanished.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the stream was closed; a part may be on its way.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _turnaround is null
        ? base.WriteAsync(buffer, cancellationToken)
        : _turnaround.SendAsync(token => base.WriteAsync(buffer, token), cancellationToken);

    /// <summary>Drops what was received and not yet read.</summary>
    public void DiscardInput() => LineSettings.DiscardInput(Descriptor);
}
