namespace Gateway.Storage.Queue;

/// <summary>The longer statements on the queue's tables.</summary>
internal static class QueueSql
{
    public const string Insert = "INSERT INTO record (position, boot, sequence, time, point, body, urgent, uptime, unsynchronised) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

    public const string DropThrough = "DELETE FROM record WHERE position <= ? RETURNING position, point";

    /// <summary>1: how many to look at; 2: the time in UTC before which a record is too old; 3: since the machine's start; 4: the machine's boot.</summary>
    public static readonly string Expire =
        $"""
        WITH oldest AS (
            SELECT position, CASE
                WHEN boot.machine = ?4 AND uptime BETWEEN {-Microseconds.LongestSpan} AND {Microseconds.LongestSpan} THEN uptime < ?3
                WHEN unsynchronised = 0 AND time BETWEEN {Microseconds.First} AND {Microseconds.Last} THEN time < ?2
                WHEN boot.offset BETWEEN {-Microseconds.LongestSpan} AND {Microseconds.LongestSpan} AND uptime BETWEEN {-Microseconds.LongestSpan} AND {Microseconds.LongestSpan} THEN boot.offset + uptime < ?2
            END AS isOld -- null: nobody knows
            FROM (SELECT * FROM record ORDER BY position LIMIT ?1) AS record LEFT JOIN boot ON boot.boot = record.boot)
        DELETE FROM record WHERE position <= (
            SELECT max(position) FROM oldest
            WHERE isOld AND position < coalesce((SELECT min(position) FROM oldest WHERE NOT isOld), 9223372036854775807))
        RETURNING position, point
        """;

    /// <summary>Records of a file of a version, in order. 1: after this position; 2: up to this one; 3: so many.</summary>
    public static string Read(int version) => $"SELECT {Columns(version)} FROM record WHERE position > ? AND position <= ? ORDER BY position LIMIT ?";

    /// <summary>The same of those that are urgent, of which the first version knows nothing.</summary>
    public static string ReadUrgent(int version) => version < QueueSchema.UrgentSince
        ? $"SELECT {Columns(version)} FROM record WHERE position > ? AND position <= ? AND false LIMIT ?"
        : $"SELECT {Columns(version)} FROM record INDEXED BY urgent_record WHERE urgent = 1 AND position > ? AND position <= ? ORDER BY position LIMIT ?";

    /// <summary>The last urgent record's position.</summary>
    public static string LastUrgent(int version) => version < QueueSchema.UrgentSince
        ? "SELECT NULL"
        : "SELECT max(position) FROM record INDEXED BY urgent_record WHERE urgent = 1";

    /// <summary>What is known of the first record after a position.</summary>
    public static string First(int version) => $"SELECT {Columns(version)} FROM record WHERE position > ? ORDER BY position LIMIT 1";

    private static string Columns(int version) =>
        "position, boot, sequence, time, point, body, "
        + (version < QueueSchema.UrgentSince ? "0, " : "urgent, ")
        + (version < QueueSchema.BootsSince ? "NULL, 0" : "uptime, unsynchronised");
}
