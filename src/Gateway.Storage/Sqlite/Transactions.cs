using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// The transactions of an open file, and what they write to the disk. Belongs to the thread of its connection and is disposed before it. Every member
/// but <see cref="Rollback"/> throws what <see cref="DiskTrouble"/> knows.
/// </summary>
internal sealed class Transactions : IDisposable
{
    private const int FrameSize = SqliteFile.PageSize + 24; // of the write-ahead log
    private const int PagesWrittenStatus = 9; // SQLITE_DBSTATUS_CACHE_WRITE

    private readonly SqliteConnection _connection;
    private readonly int? _checkpointPages;
    private readonly Statement _begin, _commit, _rollback, _checkpoint;
    private long _logPages;

    /// <param name="connection">The open database, in WAL mode.</param>
    /// <param name="checkpointPages">Pages of the log at which they are moved into the file; null: SQLite sees to that.</param>
    public Transactions(SqliteConnection connection, int? checkpointPages)
    {
        _connection = connection;
        _checkpointPages = checkpointPages;
        _begin = new Statement(connection, "BEGIN IMMEDIATE");
        _commit = new Statement(connection, "COMMIT");
        _rollback = new Statement(connection, "ROLLBACK");
        _checkpoint = new Statement(connection, "PRAGMA wal_checkpoint(PASSIVE)");
    }

    /// <summary>Written since the opening, log and file, bytes; without what SQLite moves by itself.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>How many were committed since the opening.</summary>
    public long Commits { get; private set; }

    /// <summary>What the log takes, bytes.</summary>
    public long LogBytes => _logPages * FrameSize;

    /// <summary>Does something, all or none of it.</summary>
    public void Run(Action change)
    {
        try
        {
            Begin();
            change();
            Commit();
        }
        catch
        {
            Rollback();
            throw;
        }
    }

    /// <summary>
    /// Begins. When the log has grown to its bound its pages are moved into the file before: what goes wrong with that undoes nothing, and whoever
    /// has committed goes on with what follows from it.
    /// </summary>
    public void Begin()
    {
        if (_logPages >= _checkpointPages)
        {
            try
            {
                Checkpoint();
            }
            catch (SqliteException exception) when (DiskTrouble.IsUnwritable(exception))
            {
                // The file finds no room; the log may have some. It is tried again before the next one.
            }
        }

        _begin.Run();
    }

    /// <summary>Commits.</summary>
    public void Commit()
    {
        _commit.Run();
        Commits++;
        raw.sqlite3_db_status(_connection.Handle!, PagesWrittenStatus, out var pages, out _, 1);
        BytesWritten += (long)pages * FrameSize;
        _logPages += pages;
    }

    /// <summary>Undoes the open transaction, if there is one. Never throws: the transaction is gone in any case.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle!) == 0)
        {
            try
            {
                _rollback.Run();
            }
            catch (SqliteException)
            {
                // SQLite rolls back by itself on the errors that make ROLLBACK fail.
            }
        }
    }

    /// <summary>Moves all pages of the log into the file, which is whole without it from then on.</summary>
    public void MoveLog()
    {
        SqliteFile.Execute(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        _logPages = 0;
    }

    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _rollback.Dispose();
        _checkpoint.Dispose();
    }

    private void Checkpoint()
    {
        if (_checkpoint.Step())
        {
            BytesWritten += _checkpoint.GetInt64(2) * SqliteFile.PageSize;
        }

        _checkpoint.Reset();
        _logPages = 0;
    }
}
