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

    /// <summary>Whose a file or folder is; null: it is not there, may not be asked, or this is no Linux.</summary>
    public static unsafe FileOwner? Find(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // struct statx has 256 bytes.
        Span<byte> found = stackalloc byte[256];
        fixed (byte* buffer = found)
        {
            return statx(AT_FDCWD, path, AT_NO_FLAGS, STATX_UID_AND_GID, buffer) == 0
                ? new FileOwner(MemoryMarshal.Read<uint>(found[UserAt..]), MemoryMarshal.Read<uint>(found[GroupAt..]))
                : null;
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
