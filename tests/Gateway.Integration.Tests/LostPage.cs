using System.Globalization;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>A page of the queue's file that the disk lost while the gateway was not there, and what was on it by SQLite's own account of its pages.</summary>
/// <param name="Keys">The readings that were on it.</param>
/// <param name="Others">How many there were on other pages.</param>
/// <param name="Highest">The last reading of each boot that the file had.</param>
internal sealed record LostPage(IReadOnlyList<(int Boot, long Sequence)> Keys, int Others, IReadOnlyList<(int Boot, long Sequence)> Highest)
{
    private const int PageSize = 4096;

    // Rows stand in the leaves of their table in order of their position.
    private const string Located = """
        WITH leaf AS (SELECT pageno, ncell, sum(ncell) OVER (ORDER BY path) - ncell AS before FROM dbstat WHERE name = 'record' AND pagetype = 'leaf'),
             row AS (SELECT boot, sequence, row_number() OVER (ORDER BY position) - 1 AS number FROM record)
        SELECT boot || '-' || sequence FROM row, leaf WHERE number >= before AND number < before + ncell AND pageno 
        """;

    /// <summary>Has a page of the queue's file lost; the gateway does not run.</summary>
    /// <param name="path">The file. What is in its log is in the file afterwards: a page that the log has, too, would cost nothing.</param>
    /// <param name="hasReadings">Whether it is one with readings, or any.</param>
    /// <param name="random">Which one, and what is there in its place.</param>
    public static async Task<LostPage> TakeFromQueueAsync(string path, bool hasReadings, Random random)
    {
        var pages = hasReadings ? await AskAsync(path, "SELECT pageno FROM dbstat WHERE name = 'record' AND pagetype = 'leaf' AND ncell > 0 ORDER BY pageno") : [];
        var page = pages.Count > 0 ? int.Parse(pages[random.Next(pages.Count)], CultureInfo.InvariantCulture) : await AnyPageAsync(path, random);
        var lost = new LostPage(
            await KeysAsync(path, $"{Located} = {page}"),
            (await KeysAsync(path, $"{Located} <> {page}")).Count,
            await KeysAsync(path, "SELECT boot || '-' || max(sequence) FROM record GROUP BY boot"));
        await OverwriteAsync(path, page, random);
        return lost;
    }

    /// <summary>What was on it need not arrive any more; all else that the file had does.</summary>
    public void Judge(ReadingTally tally)
    {
        foreach (var key in Highest)
        {
            tally.Expect(key);
        }

        tally.Excuse(Keys);
    }

    /// <summary>Has a page of another file lost. One that is not there yet, or has lost its first page already and came back with a power cut before that was mended, stays as it is.</summary>
    public static async Task TakeFromAsync(string path, Random random)
    {
        if (await IsDatabaseAsync(path))
        {
            await OverwriteAsync(path, await AnyPageAsync(path, random), random);
        }
    }

    /// <summary>The lines that SQLite's shell answers.</summary>
    public static async Task<IReadOnlyList<string>> AskAsync(string path, string sql)
    {
        await using var shell = PeerProcess.Start("sqlite3", ["-bail", path, sql]);
        return await shell.WaitForExitAsync() == 0
            ? shell.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"sqlite3 {path}: {shell.Output}");
    }

    private static async Task<bool> IsDatabaseAsync(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        var header = new byte[16];
        await using var file = File.OpenRead(path);
        return await file.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false) == header.Length && header.AsSpan().SequenceEqual("SQLite format 3\0"u8);
    }

    private static async Task<int> AnyPageAsync(string path, Random random) =>
        1 + random.Next(int.Parse((await AskAsync(path, "PRAGMA page_count"))[0], CultureInfo.InvariantCulture));

    private static async Task OverwriteAsync(string path, int page, Random random)
    {
        await AskAsync(path, "PRAGMA wal_checkpoint(TRUNCATE)");
        var bytes = new byte[PageSize];
        if (random.Next(2) == 0)
        {
            random.NextBytes(bytes);
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.Position = (page - 1L) * PageSize;
        await file.WriteAsync(bytes);
    }

    private static async Task<IReadOnlyList<(int Boot, long Sequence)>> KeysAsync(string path, string sql) =>
        [.. (await AskAsync(path, sql)).Select(key => key.Split('-')).Select(key => (int.Parse(key[0], CultureInfo.InvariantCulture), long.Parse(key[1], CultureInfo.InvariantCulture)))];
}
