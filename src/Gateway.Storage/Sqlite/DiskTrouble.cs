using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>What can be wrong with a file, told by error codes. Nothing here stops the gateway: it works from memory until the trouble is over.</summary>
internal static class DiskTrouble
{
    /// <summary>Whether the exception tells of the file, the disk or its folder and not of a fault in the code.</summary>
    public static bool Is(Exception exception) =>
        exception is SqliteException or IOException or UnauthorizedAccessException or StorageException;

    /// <summary>Whether the file's contents are damaged, so that only another file helps.</summary>
    public static bool IsCorruption(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    /// <summary>Whether the file can be read and not written: reading may go on.</summary>
    public static bool IsUnwritable(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_READONLY };

    /// <summary>One sentence without a full stop: which file, what is wrong.</summary>
    public static string Describe(Exception exception, string path) => exception switch
    {
        StorageException => exception.Message,
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT } => $"{path} is damaged",
        SqliteException { SqliteErrorCode: raw.SQLITE_NOTADB } => $"{path} is not a database",
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => $"the disk that holds {path} is full",
        SqliteException { SqliteErrorCode: raw.SQLITE_READONLY } => $"{path} cannot be written: the file, its folder or the file system is read-only",
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => $"{path} is locked by another program",
        SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH } => $"{path} cannot be opened: check that its folder exists and belongs to the gateway's user",
        SqliteException { SqliteErrorCode: raw.SQLITE_IOERR } => $"the disk that holds {path} fails (I/O error {((SqliteException)exception).SqliteExtendedErrorCode})",
        _ => $"{path} cannot be used: {exception.Message.TrimEnd('.')}",
    };
}
