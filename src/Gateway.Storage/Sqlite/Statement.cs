using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Storage.Sqlite;

/// <summary>
/// A prepared statement that is run again and again: bind (from 1), step, read columns (from 0), reset.
/// It costs no allocation per run, which a provider's command does. Belongs to the thread of its connection
/// and is disposed before it. Every member throws <see cref="SqliteException"/> on failure.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    /// <param name="connection">The open database.</param>
    /// <param name="sql">A text that fits the schema: if it does not, the schema is damaged.</param>
    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        var code = raw.sqlite3_prepare_v2(_database, sql, out _statement);
        if (code == raw.SQLITE_ERROR)
        {
            throw new SqliteException(raw.sqlite3_errmsg(_database).utf8_to_string(), raw.SQLITE_CORRUPT);
        }

        SqliteException.ThrowExceptionForRC(code, _database);
    }

    public Statement Bind(int index, long value)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_bind_int64(_statement, index, value), _database);
        return this;
    }

    public Statement Bind(int index, long? value)
    {
        if (value is { } number)
        {
            return Bind(index, number);
        }

        SqliteException.ThrowExceptionForRC(raw.sqlite3_bind_null(_statement, index), _database);
        return this;
    }

    public Statement Bind(int index, string value)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_bind_text(_statement, index, value), _database);
        return this;
    }

    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        var code = value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, index, 0)
            : raw.sqlite3_bind_blob(_statement, index, value);
        SqliteException.ThrowExceptionForRC(code, _database);
        return this;
    }

    /// <summary>Goes to the next row; false when there is none.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code is raw.SQLITE_ROW)
        {
            return true;
        }

        if (code is not raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(_statement);
            SqliteException.ThrowExceptionForRC(code, _database);
        }

        return false;
    }

    /// <summary>Makes the statement ready for the next run, and lets go of the read lock that an unfinished one holds.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    /// <summary>Runs a statement that answers no rows.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Runs a statement that answers one number; null if it answers no row or NULL.</summary>
    public long? RunForNumber()
    {
        long? answer = Step() && !IsNull(0) ? GetInt64(0) : null;
        Reset();
        return answer;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long GetInt64(int column) => raw.sqlite3_column_int64(_statement, column);

    public string GetText(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    /// <summary>The column's bytes, valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> GetBlob(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();
}
