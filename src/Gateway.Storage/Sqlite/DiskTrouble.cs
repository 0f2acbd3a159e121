using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>What can be wrong with a file, told by error codes. Nothing here stops the gateway: it works from memory until the trouble is over.</summary>
internal static class DiskTrouble
{
    private const int CorruptFileSystem = raw.SQLITE_IOERR | (33 << 8); // SQLITE_IOERR_CORRUPTFS: what EIO on reading becomes

    /// <summary>Whether the exception tells of the file, the disk or its folder and not of a fault in the code.</summary>
    public static bool Is(Exception exception) =>
        exception is SqliteException or IOException or UnauthorizedAccessException or StorageException;

    /// <summary>Whether the file's contents are damaged, so that only another file helps.</summary>
    public static bool IsCorruption(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    /// <summary>Whether the disk does not give what it was asked for: for the moment, or never again.</summary>
    public static bool IsUnreadable(Exception exception) =>
        exception is SqliteException { SqliteExtendedErrorCode: raw.SQLITE_IOERR_READ or raw.SQLITE_IOERR_SHORT_READ or CorruptFileSystem };

    /// <summary>Whether it cannot be opened as it should be: as on a disk that is read-only or full, where the log needs a file beside it.</summary>
    public static bool IsUnopenable(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN } or SqliteException { SqliteExtendedErrorCode: raw.SQLITE_IOERR_SHMOPEN or raw.SQLITE_IOERR_SHMSIZE or raw.SQLITE_IOERR_SHMMAP };

    /// <summary>What it means, once it turns out that what is there can be read: the file beside it has no room, or may not be made.</summary>
    public static SqliteException ToUnwritable(SqliteException exception) =>
        IsReadable(exception) ? exception : new SqliteException(exception.Message, exception.SqliteErrorCode == raw.SQLITE_CANTOPEN ? raw.SQLITE_READONLY : raw.SQLITE_FULL);

    /// <summary>Whether the file takes nothing for want of room or of permission.</summary>
    public static bool IsUnwritable(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_READONLY };

    /// <summary>Whether the disk gave an error for what was to be written.</summary>
    public static bool IsWriteError(Exception exception) =>
        exception is SqliteException { SqliteExtendedErrorCode: raw.SQLITE_IOERR_WRITE or raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_DIR_FSYNC or raw.SQLITE_IOERR_TRUNCATE };

    /// <summary>Whether it says nothing against reading the file: that may go on.</summary>
    public static bool IsReadable(Exception exception) => IsUnwritable(exception) || IsWriteError(exception);

    /// <summary>The same of a file of which no more is known than that it is damaged.</summary>
    public static string DescribeDamage(string path) => $"{path} is damaged";

    /// <summary>One sentence without a full stop: which file, what is wrong.</summary>
    public static string Describe(Exception exception, string path) => exception switch
    {
        StorageException => exception.Message,
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT } => DescribeDamage(path),
        SqliteException { SqliteErrorCode: raw.SQLITE_NOTADB } => $"{path} is not a database",
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => $"the disk that holds {path} is full",
        SqliteException { SqliteErrorCode: raw.SQLITE_READONLY } => $"{path} cannot be written: the file, its folder or the file system is read-only",
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => $"{path} is locked by another program",
        SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH } => $"{path} cannot be opened: check that its folder exists and belongs to the gateway's user",
        SqliteException { SqliteErrorCode: raw.SQLITE_IOERR } => $"the disk that holds {path} fails (I/O error {((SqliteException)exception).SqliteExtendedErrorCode})",
        _ => $"{path} cannot be used: {exception.Message.TrimEnd('.')}",
    };
}
