namespace Gateway.Storage.Queue;

/// <summary>
/// The queue's tables. Times are microseconds since 1970, UTC. Device and point stand in a table of their own: a record
/// names them by a small number, which also finds the records of one point. Where several readers share the queue, what each has
/// acknowledged of it stands in ranges.
/// </summary>
internal static class QueueSchema
{
    public const string FileName = "queue.db";

    /// <summary>Step n takes a file from version n to n + 1. Steps are only ever added.</summary>
    public static readonly IReadOnlyList<string> Migrations =
    [
        """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE point (id INTEGER PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (device, name));
        CREATE TABLE record (
            position INTEGER PRIMARY KEY,
            boot INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            time INTEGER NOT NULL,
            point INTEGER NOT NULL,
            body BLOB NOT NULL)
        """,
        """
        ALTER TABLE record ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX urgent_record ON record (urgent) WHERE urgent = 1;
        CREATE TABLE acknowledged (reader TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (reader, first)) WITHOUT ROWID
        """,
    ];
}
