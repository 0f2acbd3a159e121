using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>Opening, migrating and setting aside a database file. Blocking: for the thread that owns the file.</summary>
internal static class SqliteFile
{
    /// <summary>Of every file, bytes.</summary>
    public const int PageSize = 4096;

    /// <summary>How many damaged files are kept; the oldest go first.</summary>
    public const int KeptDamagedFiles = 3;

    private const int LogBlock = 65_536;
    private const int ApplicationMark = 0x67770000; // "gw", then the oldest version that may go on with the file, and the version: once more, so that one flipped bit of it shows

    /// <summary>
    /// Opens or creates the file, its folder included, in WAL mode with a sync at each commit, and migrates it.
    /// The caller checkpoints. Throws what <see cref="DiskTrouble"/> knows.
    /// </summary>
    /// <param name="path">The database file.</param>
    /// <param name="migrations">Step n, from 0, takes the schema from version n to n + 1; at most 255.</param>
    /// <param name="oldest">
    /// The oldest version whose gateways may go on with a file of the newest one: they need nothing of what later steps have added, and what they write is
    /// right without it. So the version before can be installed again. The newest itself, unless its last steps are such.
    /// </param>
    /// <param name="isNew">Whether the file held nothing before.</param>
    public static SqliteConnection Open(string path, IReadOnlyList<string> migrations, int oldest, out bool isNew)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        SecureLog(path + "-wal");
        var connection = new SqliteConnection(Describe(path, SqliteOpenMode.ReadWriteCreate));
        try
        {
            connection.Open();

            if (ReadVersion(connection) == 0)
            {
                // Only a file without tables takes it. In others it would be a write all the same, which a full disk refuses.
                Execute(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            }

            Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 4194304");
            isNew = Migrate(connection, path, migrations, oldest);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that is there for reading. Throws what <see cref="DiskTrouble"/> knows.</summary>
    public static SqliteConnection OpenReadOnly(string path, IReadOnlyList<string> migrations)
    {
        var connection = new SqliteConnection(Describe(path, SqliteOpenMode.ReadOnly));
        try
        {
            connection.Open();
            CheckVersion(connection, path, migrations);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a file for reading as it is, where nothing can be written: not even what SQLite has beside a log, as long as there is no log. Nobody else may have
    /// it open. Null if there is nothing to read in it.
    /// </summary>
    public static SqliteConnection? TryOpenUnchanged(string path, IReadOnlyList<string> migrations)
    {
        var log = new FileInfo(path + "-wal");
        foreach (var source in log is { Exists: true, Length: > 0 } ? [path] : new[] { path, $"file:{Uri.EscapeDataString(path)}?immutable=1" })
        {
            try
            {
                var connection = OpenReadOnly(source, migrations);
                if (ReadVersion(connection) > 0)
                {
                    return connection;
                }

                connection.Dispose();
            }
            catch (SqliteException exception) when (DiskTrouble.IsUnopenable(exception) || DiskTrouble.IsUnwritable(exception))
            {
                // The other way, if there is one.
            }
        }

        return null;
    }

    /// <summary>
    /// Renames a damaged file and its log to a dated name beside it, <c>queue-20261122T010203Z.corrupt.db</c>,
    /// and answers that name. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
    /// </summary>
    public static string SetAside(string path, DateTimeOffset now)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var name = Path.GetFileNameWithoutExtension(path);
        var stamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var target = Path.Combine(folder, $"{name}-{stamp}.corrupt.db");
        for (var n = 2; File.Exists(target); n++)
        {
            target = Path.Combine(folder, $"{name}-{stamp}-{n}.corrupt.db");
        }

        // Before it is there: its date may be that of a clock that stands wrong.
        DeleteSetAside(path, KeptDamagedFiles - 1);
        File.Move(path, target);
        if (File.Exists(path + "-wal"))
        {
            File.Move(path + "-wal", target + "-wal");
        }

        File.Delete(path + "-shm");
        return target;
    }

    /// <summary>Deletes the oldest of the files that were set aside, and keeps so many. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static void DeleteSetAside(string path, int kept = 0)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (var old in Directory.GetFiles(folder, $"{Path.GetFileNameWithoutExtension(path)}-*.corrupt.db").OrderDescending(StringComparer.Ordinal).Skip(kept))
        {
            File.Delete(old);
            File.Delete(old + "-wal");
        }
    }

    /// <summary>What a file and its log take, bytes; 0 if there is none.</summary>
    public static long Measure(string path) => new[] { path, path + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);

    /// <summary>Deletes a closed file and what belongs to it. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static void Delete(string path)
    {
        // The log last: without it the file would be an old state of itself.
        File.Delete(path);
        File.Delete(path + "-shm");
        File.Delete(path + "-wal");
    }

    /// <summary>Runs statements that answer nothing.</summary>
    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // every text is a constant of this project
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>The version of a file's schema.</summary>
    public static int ReadVersion(SqliteConnection connection)
    {
        using var statement = new Statement(connection, "PRAGMA user_version");
        return (int)(statement.RunForNumber() ?? 0);
    }

    /// <summary>
    /// Writes a log that was left behind once more, in its place, and syncs it. After a sync that failed Linux takes what did not reach the disk for
    /// written and still gives it: SQLite would go on behind it, and after a power cut find nothing that is behind the gap.
    /// </summary>
    private static void SecureLog(string path)
    {
        SafeFileHandle log;
        try
        {
            log = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return; // there is none, or it cannot be written: then SQLite says so
        }

        using (log)
        {
            var buffer = new byte[LogBlock];
            try
            {
                var read = 0;
                for (long at = 0; (read = ReadIfSound(log, buffer, at)) > 0; at += read)
                {
                    RandomAccess.Write(log, buffer.AsSpan(0, read), at);
                }

                RandomAccess.FlushToDisk(log);
            }
            catch (IOException exception)
            {
                throw new SqliteException(exception.Message, raw.SQLITE_IOERR, raw.SQLITE_IOERR_WRITE);
            }
        }
    }

    // What the disk does not give ends the log for SQLite, too, which says so.
    private static int ReadIfSound(SafeFileHandle log, byte[] buffer, long at)
    {
        try
        {
            return RandomAccess.Read(log, buffer, at);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string Describe(string path, SqliteOpenMode mode) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 2 }.ToString();

    private static int MarkOf(int version, int oldest) => ApplicationMark + (oldest << 8) + version;

    private static bool Migrate(SqliteConnection connection, string path, IReadOnlyList<string> migrations, int oldest)
    {
        var version = CheckVersion(connection, path, migrations);
        for (var step = version; step < migrations.Count; step++)
        {
            try
            {
                Execute(connection, $"BEGIN IMMEDIATE; {migrations[step]}; PRAGMA user_version = {step + 1}; PRAGMA application_id = {MarkOf(step + 1, Math.Min(oldest, step + 1))}; COMMIT");
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_ERROR)
            {
                throw new SqliteException(exception.Message, raw.SQLITE_CORRUPT); // what is there is not what the version says
            }
        }

        return version == 0;
    }

    // Files of gateways before the mark have none; they have no version that this one does not know.
    private static int CheckVersion(SqliteConnection connection, string path, IReadOnlyList<string> migrations)
    {
        var version = ReadVersion(connection);
        using var statement = new Statement(connection, "PRAGMA application_id");
        var mark = statement.RunForNumber() ?? 0;
        var oldest = (int)((mark >> 8) & 0xFF);
        if (mark != 0 ? mark != MarkOf(version, oldest) : version < 0 || version > migrations.Count)
        {
            throw new SqliteException($"schema {version}", raw.SQLITE_CORRUPT);
        }

        if (version > migrations.Count && (oldest == 0 || oldest > migrations.Count))
        {
            throw new StorageException($"{path} was written by a newer gateway (schema {version}, this one knows {migrations.Count}): update the gateway or move the file away");
        }

        return version;
    }
}
