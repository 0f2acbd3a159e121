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
        SqliteFile.Open(path, QueueSchema.Migrations, QueueSchema.Oldest, out var isNew).Dispose();
        Assert.True(isNew);
        var before = File.ReadAllBytes(path);

        using var again = SqliteFile.Open(path, QueueSchema.Migrations, QueueSchema.Oldest, out isNew);
        using var rows = new Statement(again, "SELECT count(*) FROM record");
        Assert.Equal(0, rows.RunForNumber());
        Assert.False(isNew);
        Assert.Equal(0, new FileInfo(path + "-wal").Length);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void The_version_before_goes_on_with_a_file_whose_last_steps_it_does_not_need()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder, "a.db");
        string[] old = ["CREATE TABLE a (x)"];
        string[] now = [.. old, "CREATE TABLE b (y)"];
        SqliteFile.Open(path, now, oldest: 1, out _).Dispose();

        using (var before = SqliteFile.Open(path, old, oldest: 1, out var isNew))
        {
            Assert.False(isNew);
            SqliteFile.Execute(before, "INSERT INTO a VALUES (7)");
        }

        using var again = SqliteFile.Open(path, now, oldest: 1, out _);
        using var rows = new Statement(again, "SELECT x + (SELECT count(*) FROM b) FROM a");
        Assert.Equal((2, 7), (SqliteFile.ReadVersion(again), rows.RunForNumber()));
    }

    [Fact]
    public void The_version_before_leaves_a_file_alone_whose_last_steps_it_would_need()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder, "a.db");
        string[] old = ["CREATE TABLE a (x)"];
        SqliteFile.Open(path, [.. old, "DROP TABLE a", "CREATE TABLE c (z)"], oldest: 2, out _).Dispose();

        var fault = Assert.Throws<StorageException>(() => SqliteFile.Open(path, old, oldest: 1, out _));
        Assert.Equal($"{path} was written by a newer gateway (schema 3, this one knows 1): update the gateway or move the file away", fault.Message);
    }
}
