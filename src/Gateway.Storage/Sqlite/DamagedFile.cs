using System.Buffers.Binary;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// What can still be read of a damaged database: the rows on every page that is a table's leaf and not known to be free, found without the
/// tree above them. Of the write-ahead log what was committed counts. SQLite's "Database File Format", §1.2 to §1.6 and §4.
/// Knows the page size that this project's files have; a header that says another one is taken for damage. Bounded by the largest page. Not thread-safe.
/// </summary>
internal sealed class DamagedFile : IDisposable
{
    private const int PageSize = SqliteFile.PageSize;
    private const int LogHeader = 32;
    private const int FrameHeader = 24;
    private const byte TableLeaf = 0x0D;
    private const byte IndexLeaf = 0x0A;
    private const byte IndexInterior = 0x02;
    private const byte FreeInPointerMap = 2;
    private const int LargestPayload = 1 << 24;

    private readonly FileStream _file;
    private readonly FileStream? _log;
    private readonly Dictionary<uint, long> _logged = []; // page → where its newest committed content is
    private readonly HashSet<uint> _free = [];
    private readonly uint _pageCount;

    /// <param name="path">The file; its log is beside it. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    public DamagedFile(string path)
    {
        _file = Open(path);
        try
        {
            _log = File.Exists(path + "-wal") ? Open(path + "-wal") : null;
            ReadLog();
            _pageCount = Math.Max((uint)((_file.Length + PageSize - 1) / PageSize), _logged.Keys.DefaultIfEmpty().Max());
            FindFreePages();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The rows of all tables: key and record. What lies on a damaged place is left out.</summary>
    public IEnumerable<(long Key, byte[] Record)> Rows() => Cells(TableLeaf);

    /// <summary>The entries of all indexes, and the rows of tables without row ids.</summary>
    public IEnumerable<byte[]> Entries() => Cells(IndexLeaf).Concat(Cells(IndexInterior)).Select(cell => cell.Record);

    public void Dispose()
    {
        _file.Dispose();
        _log?.Dispose();
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private IEnumerable<(long Key, byte[] Record)> Cells(byte type)
    {
        var page = new byte[PageSize];
        for (var number = 1u; number <= _pageCount; number++)
        {
            if (_free.Contains(number) || !TryRead(number, page))
            {
                continue;
            }

            var header = number == 1 ? 100 : 0;
            if (page[header] != type)
            {
                continue;
            }

            // Inside the tree a page names its right-most child, and each cell the one before it.
            var (start, child) = type == IndexInterior ? (header + 12, 4) : (header + 8, 0);
            var cells = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(page.AsSpan(header + 3)), (PageSize - start) / 2);
            for (var cell = 0; cell < cells; cell++)
            {
                var at = BinaryPrimitives.ReadUInt16BigEndian(page.AsSpan(start + (2 * cell))) + child;
                if (TryReadCell(page, at, type == TableLeaf, out var key, out var record))
                {
                    yield return (key, record);
                }
            }
        }
    }

    private bool TryReadCell(byte[] page, int at, bool hasKey, out long key, out byte[] record)
    {
        (key, record) = (0, []);
        if (at < 8 || !Varint.TryRead(page, ref at, out var length) || (hasKey && !Varint.TryRead(page, ref at, out key)) || length is < 1 or > LargestPayload)
        {
            return false;
        }

        var most = hasKey ? PageSize - 35 : ((PageSize - 12) * 64 / 255) - 23;
        const int least = ((PageSize - 12) * 32 / 255) - 23;
        var spread = least + (int)((length - least) % (PageSize - 4));
        var local = length <= most ? (int)length : spread <= most ? spread : least;
        if (at + local + (local < length ? 4 : 0) > PageSize)
        {
            return false;
        }

        record = new byte[length];
        page.AsSpan(at, local).CopyTo(record);
        return local == length || TryReadOverflow(BinaryPrimitives.ReadUInt32BigEndian(page.AsSpan(at + local)), record.AsSpan(local));
    }

    private bool TryReadOverflow(uint number, Span<byte> rest)
    {
        var page = new byte[PageSize];
        while (!rest.IsEmpty)
        {
            if (number < 2 || number > _pageCount || _free.Contains(number) || !TryRead(number, page))
            {
                return false;
            }

            var part = Math.Min(rest.Length, PageSize - 4);
            page.AsSpan(4, part).CopyTo(rest);
            rest = rest[part..];
            number = BinaryPrimitives.ReadUInt32BigEndian(page);
        }

        return true;
    }

    private bool TryRead(uint number, byte[] page)
    {
        var (from, offset) = _logged.TryGetValue(number, out var logged) ? (_log!, logged) : (_file, (number - 1L) * PageSize);
        try
        {
            // The last page of a file that was cut off may have its end.
            Array.Clear(page);
            return RandomAccess.Read(from.SafeFileHandle, page, offset) > 0;
        }
        catch (IOException)
        {
            return false; // the disk fails at this place; others may be readable
        }
    }

    private static bool TryRead(FileStream from, long at, byte[] bytes)
    {
        try
        {
            return RandomAccess.Read(from.SafeFileHandle, bytes, at) == bytes.Length;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // Frames count up to the last commit, as long as salt and checksum are right and the disk gives them.
    private void ReadLog()
    {
        var header = new byte[LogHeader];
        if (_log is null || !TryRead(_log, 0, header))
        {
            return;
        }

        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if ((magic & 0xFFFFFFFE) != 0x377F0682 || BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)) != PageSize)
        {
            return;
        }

        var isBigEndian = (magic & 1) != 0;
        var sum = (First: 0u, Second: 0u);
        AddTo(ref sum, header.AsSpan(0, 24), isBigEndian);
        if (!IsSum(header.AsSpan(24), sum))
        {
            return;
        }

        var frame = new byte[FrameHeader + PageSize];
        List<(uint Page, long At)> uncommitted = [];
        for (long at = LogHeader; TryRead(_log, at, frame); at += frame.Length)
        {
            AddTo(ref sum, frame.AsSpan(0, 8), isBigEndian);
            AddTo(ref sum, frame.AsSpan(FrameHeader), isBigEndian);
            if (!frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8)) || !IsSum(frame.AsSpan(16), sum))
            {
                return;
            }

            uncommitted.Add((BinaryPrimitives.ReadUInt32BigEndian(frame), at + FrameHeader));
            if (BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4)) != 0)
            {
                uncommitted.ForEach(page => _logged[page.Page] = page.At);
                uncommitted.Clear();
            }
        }
    }

    private static void AddTo(ref (uint First, uint Second) sum, ReadOnlySpan<byte> words, bool isBigEndian)
    {
        for (var i = 0; i < words.Length; i += 8)
        {
            sum.First += Word(words[i..]) + sum.Second;
            sum.Second += Word(words[(i + 4)..]) + sum.First;
        }

        uint Word(ReadOnlySpan<byte> word) => isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(word) : BinaryPrimitives.ReadUInt32LittleEndian(word);
    }

    private static bool IsSum(ReadOnlySpan<byte> stored, (uint First, uint Second) sum) =>
        BinaryPrimitives.ReadUInt32BigEndian(stored) == sum.First && BinaryPrimitives.ReadUInt32BigEndian(stored[4..]) == sum.Second;

    // What was deleted still stands on free pages. They are in the list of free pages and, each with its kind, in the pointer map: one of the two may be damaged.
    private void FindFreePages()
    {
        const uint mapped = PageSize / 5;
        var page = new byte[PageSize];
        for (var map = 2u; map <= _pageCount; map += mapped + 1)
        {
            if (TryRead(map, page))
            {
                for (var i = 0u; i < mapped && map + 1 + i <= _pageCount; i++)
                {
                    if (page[5 * i] == FreeInPointerMap && page.AsSpan((5 * (int)i) + 1, 4).IndexOfAnyExcept((byte)0) < 0)
                    {
                        _free.Add(map + 1 + i);
                    }
                }
            }
        }

        var trunk = TryRead(1, page) && page.AsSpan().StartsWith("SQLite format 3\0"u8) ? BinaryPrimitives.ReadUInt32BigEndian(page.AsSpan(32)) : 0;
        for (var left = _pageCount; trunk > 1 && trunk <= _pageCount && left > 0 && TryRead(trunk, page); left--)
        {
            _free.Add(trunk);
            var leaves = Math.Min(BinaryPrimitives.ReadUInt32BigEndian(page.AsSpan(4)), (PageSize / 4) - 2);
            for (var i = 0; i < leaves; i++)
            {
                _free.Add(BinaryPrimitives.ReadUInt32BigEndian(page.AsSpan(8 + (4 * i))));
            }

            trunk = BinaryPrimitives.ReadUInt32BigEndian(page);
        }
    }
}
