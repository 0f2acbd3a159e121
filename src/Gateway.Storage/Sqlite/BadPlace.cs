namespace Gateway.Storage.Sqlite;

/// <summary>Looks for places that a disk does not give: SQLite answers them in the middle of a statement like damage, which they are if they stay.</summary>
internal static class BadPlace
{
    private const int PageSize = SqliteFile.PageSize;
    private const int PagesAtOnce = 64;

    /// <summary>
    /// The first place of a file, or of its log, that cannot be read, bytes from its beginning; of the log, behind the end of the file. Null: there is none, or
    /// the file cannot even be opened. Reads the whole file.
    /// </summary>
    public static long? Find(string path)
    {
        var before = 0L;
        foreach (var part in new[] { path, path + "-wal" })
        {
            try
            {
                using var file = new FileStream(part, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                if (Find(file) is { } place)
                {
                    return before + place;
                }

                before += file.Length;
            }
            catch (Exception exception) when (DiskTrouble.Is(exception))
            {
                // It is not there, or all of it is out of reach: that is no place.
            }
        }

        return null;
    }

    private static long? Find(FileStream file)
    {
        var pages = new byte[PagesAtOnce * PageSize];
        for (var at = 0L; at < file.Length; at += pages.Length)
        {
            if (!CanRead(file, at, pages))
            {
                for (var page = at; page < at + pages.Length; page += PageSize)
                {
                    if (!CanRead(file, page, pages.AsSpan(0, PageSize)))
                    {
                        return page;
                    }
                }
            }
        }

        return null;
    }

    private static bool CanRead(FileStream file, long at, Span<byte> pages)
    {
        try
        {
            RandomAccess.Read(file.SafeFileHandle, pages, at);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
