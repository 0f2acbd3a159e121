namespace Gateway.Storage.Queue;

/// <summary>
/// The queue's tables. Times are microseconds since 1970, UTC. Device and point stand in a table of their own: a record
/// names them by a small number, which also finds the records of one point. Where several readers share the queue, what each has
/// acknowledged of it stands in ranges. A record also has the time since the machine's start: if it is unsynchronised, its time in UTC is not
/// to be believed, and stands as that time and the offset of its boot once that is known.
/// What has left at QoS 2 has the number under which it left, until the broker has forgotten that (PUBCOMP), and whether it has arrived (PUBREC).
/// What was lost is counted by reason and device.
/// </summary>
internal static class QueueSchema
{
    public const string FileName = "queue.db";

    public const string SalvagedFileName = "queue.new.db";

    /// <summary>The version from which on records can be urgent.</summary>
    public const int UrgentSince = 2;

    /// <summary>The version from which on readers share a queue.</summary>
    public const int AcknowledgedSince = 2;

    /// <summary>The version from which on boots stand in a table.</summary>
    public const int BootsSince = 3;

    /// <summary>The version from which on there are parked records.</summary>
    public const int ParkedSince = 3;

    /// <summary>The version from which on there is what has left at QoS 2.</summary>
    public const int DepartedSince = 3;

    /// <summary>The version from which on it stays until the number is forgotten on the other side, too.</summary>
    public const int ArrivedSince = 4;

    /// <summary>The version from which on losses are counted.</summary>
    public const int DroppedSince = 5;

    /// <summary>The version from which on it is known of what left whether it was backlog.</summary>
    public const int DepartedBacklogSince = 6;

    /// <summary>The oldest version that may go on with a file of the newest: counts of losses it does not need, and what left it takes for backlog.</summary>
    public const int Oldest = 4;

    /// <summary>The time of a record joined with its boot, as far as it is known.</summary>
    public const string Time = "CASE WHEN unsynchronised = 1 THEN coalesce(boot.offset + uptime, time) ELSE time END";

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
        """
        ALTER TABLE record ADD COLUMN uptime INTEGER; -- microseconds
        ALTER TABLE record ADD COLUMN unsynchronised INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE boot (
            boot INTEGER PRIMARY KEY, -- the gateway's
            machine TEXT NOT NULL, -- the machine's
            offset INTEGER -- UTC less uptime, microseconds; null while the clock was not synchronised
        );
        CREATE TABLE departed (
            reader TEXT NOT NULL, label INTEGER NOT NULL, position INTEGER NOT NULL,
            PRIMARY KEY (reader, label), UNIQUE (reader, position)) WITHOUT ROWID;
        CREATE TABLE parked (
            id INTEGER PRIMARY KEY,
            reader TEXT NOT NULL,
            reason TEXT NOT NULL,
            boot INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            time INTEGER NOT NULL,
            unsynchronised INTEGER NOT NULL,
            device TEXT NOT NULL,
            name TEXT NOT NULL,
            body BLOB NOT NULL,
            urgent INTEGER NOT NULL,
            uptime INTEGER, -- microseconds
            UNIQUE (reader, boot, sequence))
        """,
        "ALTER TABLE departed ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0",

        // A damaged file is read by the looks of its rows: no other begins with a number, a text and a number.
        "CREATE TABLE dropped (reason INTEGER NOT NULL, device TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (reason, device)) WITHOUT ROWID",
        "ALTER TABLE departed ADD COLUMN backlog INTEGER NOT NULL DEFAULT 1",
    ];
}
