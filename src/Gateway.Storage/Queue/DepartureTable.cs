using Gateway.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Queue;

/// <summary>A record that left, or is about to, under a number of the uplink's.</summary>
/// <param name="Label">The number.</param>
/// <param name="Position">The record's; 0: it is another one by now.</param>
/// <param name="HasArrived">Whether the other side has it, and is about to be told to forget the number.</param>
/// <param name="IsBacklog">Whether it left as backlog: sent again, it is the same message.</param>
internal readonly record struct Departure(ushort Label, long Position, bool HasArrived, bool IsBacklog);

/// <summary>A record that an earlier run sent under a number of the uplink's.</summary>
/// <param name="Label">The number.</param>
/// <param name="Record">The record, as backlog or not as it was when it left; null: it is no longer there, because the other side has forgotten the number.</param>
/// <param name="HasArrived">Whether the other side said that it has it. Should it know nothing of that any more, the record is one that was never sent.</param>
public readonly record struct DepartedRecord(ushort Label, QueueRecord? Record, bool HasArrived);

/// <summary>The table of records that left and whose number the other side has not forgotten: what a session at QoS 2 needs after a restart. Belongs to the writer's thread.</summary>
internal sealed class DepartureTable : IDisposable
{
    private readonly Statement _save;

    public DepartureTable(SqliteConnection connection) =>
        _save = new Statement(connection, "INSERT OR REPLACE INTO departed (reader, label, position, arrived, backlog) VALUES (?, ?, ?, ?, ?)");

    /// <summary>Writes that a record leaves, or has arrived. Its label, and the record, had perhaps other ones before.</summary>
    public void Save(string reader, Departure departure) =>
        _save.Bind(1, reader).Bind(2, departure.Label).Bind(3, departure.Position).Bind(4, departure.HasArrived ? 1 : 0).Bind(5, departure.IsBacklog ? 1 : 0).Run();

    /// <summary>The records that left, by reader, in order; some are no longer there.</summary>
    /// <param name="connection">The open file.</param>
    /// <param name="version">The version of its schema.</param>
    public static List<(string Reader, Departure Departure)> Load(SqliteConnection connection, int version)
    {
        List<(string, Departure)> departed = [];
        if (version < QueueSchema.DepartedSince)
        {
            return departed;
        }

        var arrived = version < QueueSchema.ArrivedSince ? "0" : "arrived";
        var backlog = version < QueueSchema.DepartedBacklogSince ? "1" : "backlog";
        using var all = new Statement(connection, $"SELECT reader, label, position, {arrived}, {backlog} FROM departed ORDER BY position");
        while (all.Step())
        {
            departed.Add((all.GetText(0), new Departure((ushort)all.GetInt64(1), all.GetInt64(2), all.GetInt64(3) != 0, all.GetInt64(4) != 0)));
        }

        return departed;
    }

    public void Dispose() => _save.Dispose();
}
