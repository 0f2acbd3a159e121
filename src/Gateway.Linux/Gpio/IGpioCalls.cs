using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>
/// The system calls that need a GPIO chip; a test has others. Descriptors are real ones, on which <c>poll</c> and <c>read</c> work.
/// Each answers 0 or the error number.
/// </summary>
internal interface IGpioCalls
{
    /// <summary>CLOCK_MONOTONIC, nanoseconds: the clock of the events.</summary>
    long Monotonic { get; }

    /// <summary>The device files of all chips.</summary>
    IReadOnlyList<string> List();

    int Open(string path, out SafeFileDescriptor fd);

    int GetChipInfo(SafeFileDescriptor chip, ref gpiochip_info info);

    int GetLineInfo(SafeFileDescriptor chip, ref gpio_v2_line_info info);

    int GetLine(SafeFileDescriptor chip, ref gpio_v2_line_request request);

    int SetConfig(SafeFileDescriptor lines, ref gpio_v2_line_config config);

    int GetValues(SafeFileDescriptor lines, ref gpio_v2_line_values values);

    int SetValues(SafeFileDescriptor lines, ref gpio_v2_line_values values);
}

/// <summary>The kernel's.</summary>
internal sealed class GpioCalls : IGpioCalls
{
    public static readonly GpioCalls Kernel = new();

    public long Monotonic
    {
        get
        {
            _ = Libc.clock_gettime(Libc.CLOCK_MONOTONIC, out var time);
            return (time.tv_sec * 1_000_000_000L) + time.tv_nsec;
        }
    }

    public IReadOnlyList<string> List() => Directory.GetFileSystemEntries("/dev", "gpiochip*");

    public int Open(string path, out SafeFileDescriptor fd)
    {
        fd = new SafeFileDescriptor(Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC));
        return fd.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    public int GetChipInfo(SafeFileDescriptor chip, ref gpiochip_info info) => Answer(Libc.ioctl(chip, GpioCdev.GPIO_GET_CHIPINFO_IOCTL, ref info));

    public int GetLineInfo(SafeFileDescriptor chip, ref gpio_v2_line_info info) => Answer(Libc.ioctl(chip, GpioCdev.GPIO_V2_GET_LINEINFO_IOCTL, ref info));

    public int GetLine(SafeFileDescriptor chip, ref gpio_v2_line_request request) => Answer(Libc.ioctl(chip, GpioCdev.GPIO_V2_GET_LINE_IOCTL, ref request));

    public int SetConfig(SafeFileDescriptor lines, ref gpio_v2_line_config config) => Answer(Libc.ioctl(lines, GpioCdev.GPIO_V2_LINE_SET_CONFIG_IOCTL, ref config));

    public int GetValues(SafeFileDescriptor lines, ref gpio_v2_line_values values) => Answer(Libc.ioctl(lines, GpioCdev.GPIO_V2_LINE_GET_VALUES_IOCTL, ref values));

    public int SetValues(SafeFileDescriptor lines, ref gpio_v2_line_values values) => Answer(Libc.ioctl(lines, GpioCdev.GPIO_V2_LINE_SET_VALUES_IOCTL, ref values));

    private static int Answer(int result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;
}
