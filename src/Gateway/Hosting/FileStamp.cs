using System.Runtime.InteropServices;
using Gateway.Shared;

namespace Gateway.Hosting;

/// <summary>
/// What tells a file or folder from another that takes its place, and from itself after a change: of content, entries, mode or owner. By statx(2);
/// a link is what it leads to.
/// </summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The number there, which is used again once the file is gone.</param>
/// <param name="Born">When it was made, nanoseconds since 1970; 0 where the file system does not say.</param>
/// <param name="Changed">When anything of it changed last, nanoseconds since 1970.</param>
internal readonly record struct FileStamp(ulong Device, ulong Inode, long Born, long Changed)
{
    // The mask of statx, and where its answers stand: linux/stat.h.
    private const uint STATX_CTIME_INO_AND_BTIME = 0x80 | 0x100 | 0x800;
    private const int InodeAt = 32;
    private const int BornAt = 80;
    private const int ChangedAt = 96;
    private const int DeviceAt = 136;

    /// <summary>The same thing, whatever changed of it.</summary>
    public FileStamp Identity => this with { Changed = 0 };

    /// <summary>The stamp of what is there; null: nothing is, or it may not be asked.</summary>
    public static FileStamp? Find(string path)
    {
        Span<byte> found = stackalloc byte[FileOwner.StatxBytes];
        return !FileOwner.TryAsk(path, STATX_CTIME_INO_AND_BTIME, found) ? null : new FileStamp(
            MemoryMarshal.Read<ulong>(found[DeviceAt..]),
            MemoryMarshal.Read<ulong>(found[InodeAt..]),
            TimeAt(found[BornAt..]),
            TimeAt(found[ChangedAt..]));
    }

    private static long TimeAt(ReadOnlySpan<byte> timestamp) => (MemoryMarshal.Read<long>(timestamp) * 1_000_000_000) + MemoryMarshal.Read<uint>(timestamp[8..]);
}
