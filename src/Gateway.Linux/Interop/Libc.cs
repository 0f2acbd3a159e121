using System.Runtime.InteropServices;

namespace Gateway.Linux.Interop;

/// <summary>The C library's calls, by their own names. Each leaves errno behind: read it at once.</summary>
internal static partial class Libc
{
    public const int O_WRONLY = 0x1;
    public const int O_RDWR = 0x2;
    public const int O_NOCTTY = 0x100;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    public const int F_SETFD = 2;
    public const int FD_CLOEXEC = 1;

    public const int W_OK = 2;
    public const int R_OK = 4;

    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    public const short POLLIN = 0x1;
    public const short POLLOUT = 0x4;
    public const short POLLERR = 0x8;
    public const short POLLHUP = 0x10;
    public const short POLLNVAL = 0x20;

    public const int PR_SET_TIMERSLACK = 29;

    public const int CLOCK_MONOTONIC = 1;
    public const int CLOCK_BOOTTIME = 7;

    public const int STA_UNSYNC = 0x40;

    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;

    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int access(string path, int mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int fd, int cmd, int argument);

    [LibraryImport(Library, SetLastError = true)]
    public static unsafe partial nint read(SafeFileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static unsafe partial nint write(SafeFileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static unsafe partial int poll(pollfd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static unsafe partial int ppoll(pollfd* fds, nuint count, timespec* timeout, void* signalMask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initialValue, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(SafeFileDescriptor fd, int operation);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref int argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref termios2 argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref serial_struct argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref serial_rs485 argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref gpiochip_info argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref gpio_v2_line_info argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref gpio_v2_line_request argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref gpio_v2_line_config argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeFileDescriptor fd, nuint request, ref gpio_v2_line_values argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int clock_gettime(int clock, out timespec time);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int adjtimex(ref timex time);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int posix_openpt(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int grantpt(SafeFileDescriptor fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlockpt(SafeFileDescriptor fd);

    // Answers the error number itself.
    [LibraryImport(Library)]
    public static unsafe partial int ptsname_r(SafeFileDescriptor fd, byte* buffer, nuint length);
}

#pragma warning disable CS8981 // The kernel's names are kept.
[StructLayout(LayoutKind.Sequential)]
internal struct timespec
{
    public nint tv_sec;
    public nint tv_nsec;
}

/// <summary>As far as it is looked at; the kernel's is 208 bytes, and less on 32 bits.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct timex
{
    public uint modes;
    public nint offset;
    public nint freq;
    public nint maxerror;
    public nint esterror;
    public int status;
}

[StructLayout(LayoutKind.Sequential)]
internal struct pollfd
{
    public int fd;
    public short events;
    public short revents;
}
#pragma warning restore CS8981
