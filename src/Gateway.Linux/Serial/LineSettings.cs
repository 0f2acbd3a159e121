using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>Sets a terminal line by the kernel's calls, past the C library: that one refuses what a pty drops.</summary>
internal static class LineSettings
{
    /// <summary>How far the rate that the hardware can make may lie from the one asked for. Receivers stand about 5 %.</summary>
    private const double MaxRateDeviation = 0.03;

    public static void Apply(SafeFileDescriptor descriptor, SerialSettings settings)
    {
        var line = new termios2
        {
            // A character of wrong parity is read as 0; checksums find it.
            c_iflag = settings.Parity == SerialParity.None ? 0 : Termios.INPCK,
            c_cflag = Termios.CREAD | Termios.CLOCAL | CharacterFlags(settings) | Termios.BOTHER | Termios.BOTHER << Termios.IBSHIFT,
            c_ispeed = (uint)settings.BaudRate,
            c_ospeed = (uint)settings.BaudRate,
        };

        // Without a minimum, "nothing there" and "gone" would both read as 0 bytes.
        line.c_cc[Termios.VMIN] = 1;
        if (Libc.ioctl(descriptor, Termios.TCSETS2, ref line) < 0)
            throw SerialErrors.Refused(settings, Marshal.GetLastPInvokeError());

        var actual = default(termios2);
        if (Libc.ioctl(descriptor, Termios.TCGETS2, ref actual) < 0)
            throw SerialErrors.NoSerialPort(settings.Path, Marshal.GetLastPInvokeError());
        Compare(settings, line, actual);
    }

    /// <summary>
    /// Best effort: few drivers know it; those of FTDI adapters then deliver every 1 ms instead of 16. Where the flag
    /// needs rights that this user has not, the timer's own file may be open to it.
    /// </summary>
    public static void AskForLowLatency(SafeFileDescriptor descriptor, string path, string sysfs = "/sys")
    {
        var serial = default(serial_struct);
        if (Libc.ioctl(descriptor, Termios.TIOCGSERIAL, ref serial) == 0)
        {
            serial.flags |= Termios.ASYNC_LOW_LATENCY;
            _ = Libc.ioctl(descriptor, Termios.TIOCSSERIAL, ref serial);
        }

        ShortenLatencyTimer(path, sysfs);
    }

    /// <summary>Sets the timer of an FTDI adapter to 1 ms, where it has one and this user may.</summary>
    public static void ShortenLatencyTimer(string path, string sysfs)
    {
        var target = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null;
        var name = Path.GetFileName(target ?? path);
        var timer = Path.Combine(sysfs, "class", "tty", name, "device", "latency_timer");
        try
        {
            if (File.Exists(timer) && File.ReadAllText(timer).Trim() != "1")
                File.WriteAllText(timer, "1");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // 16 ms it stays.
        }
    }

    public static void DiscardInput(SafeFileDescriptor descriptor) => _ = Libc.ioctl(descriptor, Termios.TCFLSH, Termios.TCIFLUSH);

    private static uint CharacterFlags(SerialSettings settings)
    {
        var parity = settings.Parity switch
        {
            SerialParity.Even => Termios.PARENB,
            SerialParity.Odd => Termios.PARENB | Termios.PARODD,
            SerialParity.Space => Termios.PARENB | Termios.CMSPAR,
            SerialParity.Mark => Termios.PARENB | Termios.PARODD | Termios.CMSPAR,
            _ => 0u,
        };
        return parity | (settings.DataBits == 7 ? Termios.CS7 : Termios.CS8) | (settings.StopBits == 2 ? Termios.CSTOPB : 0);
    }

    private static void Compare(SerialSettings settings, in termios2 wanted, in termios2 actual)
    {
        if (Math.Abs((double)actual.c_ospeed - settings.BaudRate) > MaxRateDeviation * settings.BaudRate)
            throw SerialErrors.OtherRate(settings, (int)actual.c_ospeed);

        // A pty has no characters on a wire: it drops parity and 7 bits, and nothing is lost by it.
        const uint Character = Termios.CS8 | Termios.CSTOPB | Termios.PARENB | Termios.PARODD | Termios.CMSPAR;
        if ((wanted.c_cflag & Character) != (actual.c_cflag & Character) && !IsPty(settings.Path))
            throw SerialErrors.Refused(settings, Errno.EINVAL);
    }

    private static bool IsPty(string path) =>
        (File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path).StartsWith("/dev/pts/", StringComparison.Ordinal);
}
