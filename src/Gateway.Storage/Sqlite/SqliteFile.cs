using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Sqlite;

/// <summary>Opening, migrating and setting aside a database file. Blocking: for the thread that owns the file.</summary>
internal static class SqliteFile
{
    /// <summary>How many damaged files are kept; the oldest go first.</summary>
    public const int KeptDamagedFiles = 3;

    /// <summary>
    /// Opens or creates the file, its folder included, in WAL mode with a sync at each commit, and migrates it.
    /// The caller checkpoints. Throws what <see cref="DiskTrouble"/> knows.
    /// </summary>
    /// <param name="path">The database file.</param>
    /// <param name="migrations">Step n, from 0, takes the schema from version n to n + 1.</param>
    /// <param name="isNew">Whether the file held nothing before.</param>
    public static SqliteConnection Open(string path, IReadOnlyList<string> migrations, out bool isNew)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var connection = new SqliteConnection(Describe(path, SqliteOpenMode.ReadWriteCreate));
        try
        {
            connection.Open();

            // Only a file without tables takes the first pragma.
            Execute(connection, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 4194304");
            isNew = Migrate(connection, path, migrations);
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
            CheckVersion(ReadVersion(connection), path, migrations);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
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

        File.Move(path, target);
        if (File.Exists(path + "-wal"))
        {
            File.Move(path + "-wal", target + "-wal");
        }

        File.Delete(path + "-shm");
        foreach (var old in Directory.GetFiles(folder, $"{name}-*.corrupt.db").OrderDescending(StringComparer.Ordinal).Skip(KeptDamagedFiles))
        {
            File.Delete(old);
            File.Delete(old + "-wal");
        }

        return target;
    }

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

    private static string Describe(string path, SqliteOpenMode mode) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 2 }.ToString();

    private static bool Migrate(SqliteConnection connection, string path, IReadOnlyList<string> migrations)
    {
        var version = ReadVersion(connection);
        CheckVersion(version, path, migrations);
        for (var step = version; step < migrations.Count; step++)
        {
            Execute(connection, $"BEGIN IMMEDIATE; {migrations[step]}; PRAGMA user_version = {step + 1}; COMMIT");
        }

        return version == 0;
    }

    private static int ReadVersion(SqliteConnection connection)
    {
        using var statement = new Statement(connection, "PRAGMA user_version");
        return (int)(statement.RunForNumber() ?? 0);
    }

    private static void CheckVersion(int version, string path, IReadOnlyList<string> migrations)
    {
        if (version > migrations.Count)
        {
            throw new StorageException($"{path} was written by a newer gateway (schema {version}, this one knows {migrations.Count}): update the gateway or move the file away");
        }
    }
}
