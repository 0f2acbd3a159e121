namespace Gateway.Storage.Sqlite;

/// <summary>Looks for places that a disk does not give: SQLite answers them in the middle of a statement like damage, which they are if they stay.</summary>
internal static class BadPlace
{
    private const int PageSize = SqliteFile.PageSize;
    private const int PagesAtOnce = 64;
    private const int MostAttempts = 4;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Loads a file. What the disk does not give is asked for again, four times at most within 5 s: it may be an error of the moment. Throws what the last attempt threw.</summary>
    public static async Task<T> TryAgainAsync<T>(string path, Func<T> load, TimeProvider timeProvider)
    {
        var began = timeProvider.GetTimestamp();
        for (var (attempt, delay) = (1, FirstDelay); ; attempt++, delay *= 2)
        {
            try
            {
                return load();
            }
            catch (Exception exception) when (attempt < MostAttempts && timeProvider.GetElapsedTime(began) < Patience && MayPass(exception, path))
            {
                await Task.Delay(delay, timeProvider).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether only another file helps after an exception: the file is damaged, or the disk does not give a place of it. What is wrong, one sentence without a full stop.</summary>
    public static bool IsDamage(Exception exception, string path, out string trouble)
    {
        var isCorruption = DiskTrouble.IsCorruption(exception);
        var place = isCorruption || DiskTrouble.IsUnreadable(exception) ? Find(path) : null;
        trouble = place is null ? DiskTrouble.Describe(exception, path) : Describe(path, place.Value);
        return isCorruption || place is not null;
    }

    /// <summary>One sentence without a full stop: what the disk does not give.</summary>
    public static string Describe(string path, long place) => $"the disk that holds {path} does not give what is at byte {place}";

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

    private static bool MayPass(Exception exception, string path) =>
        DiskTrouble.IsUnreadable(exception) || (DiskTrouble.IsCorruption(exception) && Find(path) is not null);

    private static long? Find(FileStream file)
    {
        var pages = new byte[PagesAtOnce * PageSize];
        for (var at = 0L; at < file.Length;)
        {
            var wanted = (int)Math.Min(pages.Length, file.Length - at);
            var read = Read(file, at, pages.AsSpan(0, wanted));
            if (read < wanted)
            {
                // The kernel gives what comes before such a place, and its error to whoever asks for the place itself.
                at = RoundDown(at + read);
                read = Read(file, at, pages.AsSpan(0, PageSize));
                if (read == 0)
                {
                    return at < file.Length ? at : null;
                }
            }

            at += read;
        }

        return null;
    }

    private static long RoundDown(long at) => at / PageSize * PageSize;

    // 0: nothing, for the disk fails or the file has become shorter.
    private static int Read(FileStream file, long at, Span<byte> bytes)
    {
        try
        {
            return RandomAccess.Read(file.SafeFileHandle, bytes, at);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
