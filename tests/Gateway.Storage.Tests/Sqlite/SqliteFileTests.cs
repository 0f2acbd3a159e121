using Gateway.Storage.Queue;
using Gateway.Storage.Sqlite;

namespace Gateway.Storage.Tests.Sqlite;

public class SqliteFileTests
{
    /// <summary>On a full disk the least write would keep the file from being opened, and what is in it from being sent.</summary>
    [Fact]
    public void Opening_a_file_that_is_there_writes_nothing()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder, "queue.db");
        SqliteFile.Open(path, QueueSchema.Migrations, out var isNew).Dispose();
        Assert.True(isNew);
        var before = File.ReadAllBytes(path);

        using var again = SqliteFile.Open(path, QueueSchema.Migrations, out isNew);
        using var rows = new Statement(again, "SELECT count(*) FROM record");
        Assert.Equal(0, rows.RunForNumber());
        Assert.False(isNew);
        Assert.Equal(0, new FileInfo(path + "-wal").Length);
        Assert.Equal(before, File.ReadAllBytes(path));
    }
}
