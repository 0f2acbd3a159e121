using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>Switches an RS-485 transceiver by RTS: <c>linux/serial.h</c>, <c>Documentation/driver-api/serial/serial-rs485.rst</c>.</summary>
internal static class Rs485Line
{
    /// <summary>What drivers of the kernel hold back at most.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Prepares an open port as its settings ask.</summary>
    public static void Apply(SafeFileDescriptor descriptor, SerialSettings settings)
    {
        if (settings.Rs485 == Rs485Mode.Kernel)
        {
            var rs485 = Describe(settings);
            if (Libc.ioctl(descriptor, Termios.TIOCSRS485, ref rs485) < 0)
                throw SerialErrors.NoKernelRs485(settings.Path, Marshal.GetLastPInvokeError());
        }
        else if (settings.Rs485 == Rs485Mode.Rts)
        {
            SetSending(descriptor, settings, false);
        }
    }

    /// <summary>What the kernel is told.</summary>
    public static serial_rs485 Describe(SerialSettings settings) => new()
    {
        flags = Termios.SER_RS485_ENABLED | (settings.IsRtsActiveLow ? Termios.SER_RS485_RTS_AFTER_SEND : Termios.SER_RS485_RTS_ON_SEND),
        delay_rts_before_send = (uint)settings.RtsBefore.TotalMilliseconds,
        delay_rts_after_send = (uint)settings.RtsAfter.TotalMilliseconds,
    };

    /// <summary>Turns the transceiver by RTS.</summary>
    public static void SetSending(SafeFileDescriptor descriptor, SerialSettings settings, bool isSending)
    {
        var rts = Termios.TIOCM_RTS;
        if (Libc.ioctl(descriptor, isSending != settings.IsRtsActiveLow ? Termios.TIOCMBIS : Termios.TIOCMBIC, ref rts) < 0)
            throw SerialErrors.NoRts(settings.Path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Blocks until the last bit is on the line: <c>tcdrain</c>.</summary>
    public static void Drain(SafeFileDescriptor descriptor, string path)
    {
        while (Libc.ioctl(descriptor, Termios.TCSBRK, 1) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
                throw SerialErrors.Vanished(path, errno);
        }
    }
}
