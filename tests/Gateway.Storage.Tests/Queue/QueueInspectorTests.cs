using Gateway.Storage.Queue;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Tests.Queue;

/// <summary>A look into the file of a running queue.</summary>
public sealed class QueueInspectorTests
{
    [Fact]
    public async Task All_records_are_read_once_and_in_order_and_meanwhile_the_log_can_be_begun_anew()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 1200);
        await fixture.ReadAsync(1200);

        var sequences = new List<long>();
        Assert.True(QueueInspector.ReadAll(fixture.Options.Folder, record =>
        {
            sequences.Add(record.Sequence);
            if (record.Sequence % 400 == 1)
            {
                Assert.Equal(0L, TryEmptyLog(fixture.File));
            }
        }));

        Assert.Equal(Enumerable.Range(1, 1200).Select(n => (long)n), sequences);
    }

    // 1: a reader was in the way.
    private static long TryEmptyLog(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False;Default Timeout=1");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        using var row = command.ExecuteReader();
        Assert.True(row.Read());
        return row.GetInt64(0);
    }
}
