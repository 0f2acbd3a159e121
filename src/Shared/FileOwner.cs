using System.Runtime.InteropServices;

namespace Gateway.Shared;

/// <summary>Whose a file is, by statx(2), which looks the same on every processor.</summary>
/// <param name="User">The number of the user.</param>
/// <param name="Group">The number of the group.</param>
/// <remarks>Compiled into each assembly that asks: rooms that don't know each other share no library.</remarks>
internal readonly partial record struct FileOwner(uint User, uint Group)
{
    private const int AT_FDCWD = -100;
    private const int AT_NO_FLAGS = 0;
    private const uint STATX_UID_AND_GID = 0x18;
    private const uint KeepUser = uint.MaxValue;
    private const int UserAt = 20;
    private const int GroupAt = 24;

    /// <summary>The size of struct statx.</summary>
    internal const int StatxBytes = 256;

    /// <summary>Whose a file or folder is; null: it is not there, may not be asked, or this is no Linux.</summary>
    public static FileOwner? Find(string path)
    {
        Span<byte> found = stackalloc byte[StatxBytes];
        return TryAsk(path, STATX_UID_AND_GID, found)
            ? new FileOwner(MemoryMarshal.Read<uint>(found[UserAt..]), MemoryMarshal.Read<uint>(found[GroupAt..]))
            : null;
    }

    /// <summary>Asks the kernel of a file or folder, or of what a link leads to. False: it is not there, may not be asked, or this is no Linux.</summary>
    internal static unsafe bool TryAsk(string path, uint mask, Span<byte> found)
    {
        fixed (byte* buffer = found)
        {
            return OperatingSystem.IsLinux() && statx(AT_FDCWD, path, AT_NO_FLAGS, mask, buffer) == 0;
        }
    }

    /// <summary>Gives a file the owner and the group, as far as this user may: only root gives files away, and others only to their own groups.</summary>
    public void TryGive(string path)
    {
        if (chown(path, User, Group) != 0)
        {
            _ = chown(path, KeepUser, Group);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int dirfd, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint owner, uint group);
}
