using System.Runtime.InteropServices;
using System.Text;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>
/// A serial port in software: this stream is one end, and whoever opens <see cref="SlavePath"/> has the other. Those
/// may come and go; the stream stays open.
/// </summary>
public sealed class PseudoTerminal : DescriptorStream
{
    private readonly SafeFileDescriptor _slave;
    private readonly string? _link;

    private PseudoTerminal(SafeFileDescriptor master, SafeFileDescriptor slave, string slavePath, string? link)
        : base(master, link ?? slavePath, thread: null)
    {
        _slave = slave;
        _link = link;
        SlavePath = slavePath;
    }

    /// <summary>The device that others open, <c>/dev/pts/N</c>.</summary>
    public string SlavePath { get; }

    /// <summary>Makes a pair, in raw mode.</summary>
    /// <param name="link">Where a symbolic link to the slave is put, and removed at the end; null: none.</param>
    /// <exception cref="LinuxException">The kernel gives no pair.</exception>
    /// <exception cref="IOException">The link cannot be made, or something that is no link is in its place.</exception>
    public static PseudoTerminal Open(string? link = null)
    {
        var master = new SafeFileDescriptor(Libc.posix_openpt(Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC));
        SafeFileDescriptor? slave = null;
        try
        {
            if (master.IsInvalid || Libc.grantpt(master) < 0 || Libc.unlockpt(master) < 0)
                throw new LinuxException("No pseudo-terminal could be made.", Marshal.GetLastPInvokeError());

            // Held open, so that the master sees no hang-up between one user of the slave and the next.
            var path = NameOfSlave(master);
            slave = new(Libc.open(path, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC));
            if (slave.IsInvalid)
                throw new LinuxException($"The pseudo-terminal {path} cannot be opened.", Marshal.GetLastPInvokeError());

            LineSettings.Apply(slave, new() { Path = path });
            SetNonBlocking(master);
            if (link is not null)
                Link(path, link);
            return new(master, slave, path, link);
        }
        catch
        {
            slave?.Dispose();
            master.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _link is not null && new FileInfo(_link).LinkTarget == SlavePath)
            File.Delete(_link);

        // The slave last: a waiting read ends because the stream is closed, not because of a hang-up.
        base.Dispose(disposing);
        if (disposing)
            _slave.Dispose();
    }

    private static unsafe string NameOfSlave(SafeFileDescriptor master)
    {
        var name = stackalloc byte[64];
        var errno = Libc.ptsname_r(master, name, 64);
        return errno == 0
            ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name))
            : throw new LinuxException("The pseudo-terminal has no name.", errno);
    }

    private static void SetNonBlocking(SafeFileDescriptor master)
    {
        var on = 1;
        if (Libc.ioctl(master, Termios.FIONBIO, ref on) < 0)
            throw new LinuxException("The pseudo-terminal cannot be set non-blocking.", Marshal.GetLastPInvokeError());
    }

    // By renaming: there is no moment without the link, and an old one of a killed process is replaced.
    private static void Link(string slavePath, string link)
    {
        if (File.Exists(link) && new FileInfo(link).LinkTarget is null)
            throw new IOException($"{link} is there and is no link; choose another place for the port.");

        var temporary = $"{link}.{Environment.ProcessId}";
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, slavePath);
        File.Move(temporary, link, overwrite: true);
    }
}
