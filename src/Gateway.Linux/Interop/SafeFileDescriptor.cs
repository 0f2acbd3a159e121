using System.Runtime.InteropServices;

namespace Gateway.Linux.Interop;

/// <summary>A file descriptor that is closed once, and not while a call uses it.</summary>
internal sealed class SafeFileDescriptor : SafeHandle
{
    public SafeFileDescriptor(int fd)
        : base(-1, ownsHandle: true) => SetHandle(fd);

    public override bool IsInvalid => handle == -1;

    /// <summary>The number, for <c>poll</c>; the caller keeps this object alive meanwhile.</summary>
    public int Number => (int)handle;

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
