using Gateway.Storage.Queue;
using Gateway.Storage.Sqlite;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Tests.Queue;

/// <summary>The disk is full, though the queue is not; or it is read-only.</summary>
public class FullDiskTests
{
    private const int DiskSize = 3_000_000;

    [SmallDiskFact]
    public async Task The_backlog_is_sent_from_a_full_disk_and_the_queue_returns_to_it()
    {
        using var disk = SmallDisk.Mount(DiskSize);
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Folder = Path.Combine(disk.Path, "queue") };
        await FillAsync(fixture, 5000);
        Assert.Equal($"the disk that holds {fixture.File} is full", fixture.Statistics.Trouble);
        Assert.Equal((5000, 0), (fixture.Statistics.Depth, fixture.Statistics.Dropped));

        var records = await fixture.ReadAsync(5000);
        Assert.Equal(QueueFixture.Numbers(1, 5000), QueueFixture.Texts(records));
        records[..4990].ForEach(record => fixture.Reader.Acknowledge(record.Position));
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        });

        await fixture.WrittenAsync();
        Assert.Equal(10, QueueInspector.Inspect(fixture.Options.Folder)!.Records);
        await fixture.ReopenAsync();
        Assert.Equal(2, fixture.Queue.Boot);
        Assert.Equal(QueueFixture.Numbers(4991, 10), QueueFixture.Texts(await fixture.ReadAsync(10)));
    }

    [SmallDiskFact]
    public async Task What_is_parked_is_not_given_up_for_the_room_that_it_takes()
    {
        using var disk = SmallDisk.Mount(DiskSize);
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Folder = Path.Combine(disk.Path, "queue") };
        await fixture.OpenAsync();
        fixture.AppendMany(1, 500, 1000);
        var records = await fixture.ReadAsync(500);
        fixture.Reader.Park(records[0].Position, "not authorized");
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        var filler = Path.Combine(disk.Path, "filler");
        Fill(filler);
        records[1..].ForEach(record => fixture.Reader.Acknowledge(record.Position));
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.MemoryOnly;
        });

        File.Delete(filler);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        });
        Assert.Equal(1, fixture.Statistics.Parked);
        Assert.Equal("1", QueueFixture.Texts([Assert.Single(QueueInspector.ListParked(fixture.Options.Folder)!).Record])[0]);
    }

    [SmallDiskFact]
    public async Task After_a_start_on_a_full_disk_the_backlog_is_sent_all_the_same()
    {
        using var disk = SmallDisk.Mount(DiskSize);
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Folder = Path.Combine(disk.Path, "queue") };
        await FillAsync(fixture, 5000);
        var unwritten = (int)fixture.Statistics.Unwritten;
        await fixture.ReopenAsync();

        await Eventually.TrueAsync(() => fixture.Statistics.Health != QueueHealth.Starting);
        var stored = (int)fixture.Statistics.Depth;
        Assert.True(stored >= 5000 - unwritten, $"{stored} of {5000 - unwritten}");

        // What found no room when the queue was closed is told, and a count has room where records have none.
        Assert.Contains($"Offline queue: closed, and {5000 - stored} records that the disk did not take are lost: meter {5000 - stored}", fixture.Log);
        Assert.Equal([new QueueDrops(QueueFixture.Device, DropReason.Unwritten, 5000 - stored)], fixture.Statistics.Drops);
        fixture.AppendMany(1, 3);
        var records = await fixture.ReadAsync(stored + 3);
        Assert.Equal([.. QueueFixture.Numbers(1, stored), "1", "2", "3"], QueueFixture.Texts(records));
        Assert.NotEqual(1, records[^1].Boot);
    }

    [SmallDiskFact]
    public async Task After_a_start_on_a_read_only_disk_the_queue_works_from_memory_until_it_can_be_written()
    {
        using var disk = SmallDisk.Mount(DiskSize);
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Folder = Path.Combine(disk.Path, "queue") };
        await fixture.OpenAsync();
        fixture.AppendMany(1, 100);
        await fixture.WrittenAsync();
        await fixture.Queue.DisposeAsync();
        disk.Remount(isReadOnly: true);

        await fixture.ReopenAsync();
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        Assert.NotNull(fixture.Statistics.Trouble);
        fixture.AppendMany(101, 100);
        await fixture.AcceptedAsync(100);
        Assert.Equal(QueueFixture.Numbers(101, 100), QueueFixture.Texts(fixture.Accepted));
        Assert.Contains("read-only", fixture.Statistics.Trouble);
        Assert.Equal(QueueFixture.Numbers(1, 150), QueueFixture.Texts(await fixture.ReadAsync(150)));

        disk.Remount(isReadOnly: false);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        });
        Assert.Equal(QueueFixture.Numbers(151, 50), QueueFixture.Texts(await fixture.ReadAsync(50)));
        await fixture.ReopenAsync();
        Assert.Equal(QueueFixture.Numbers(1, 200), QueueFixture.Texts(await fixture.ReadAsync(200)));
    }

    [SmallDiskFact]
    public async Task A_file_of_an_earlier_version_is_sent_as_it_is_from_a_disk_that_is_full_or_read_only_and_is_migrated_later()
    {
        for (var version = 1; version < QueueSchema.Migrations.Count; version++)
        {
            foreach (var isReadOnly in new[] { false, true })
            {
                await SendFromEarlierVersionAsync(version, isReadOnly);
            }
        }
    }

    private static async Task SendFromEarlierVersionAsync(int version, bool isReadOnly)
    {
        using var disk = SmallDisk.Mount(DiskSize);
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Folder = Path.Combine(disk.Path, "queue"), MaxAge = TimeSpan.FromDays(36_500) };
        WriteEarlierVersion(fixture, version);
        var filler = Path.Combine(disk.Path, "filler");
        if (isReadOnly)
        {
            disk.Remount(isReadOnly: true);
        }
        else
        {
            Fill(filler);
        }

        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        Assert.True(fixture.Statistics.Depth == 100, $"version {version}: {fixture.Statistics.Depth}, {fixture.Statistics.Trouble}");
        fixture.AppendMany(101, 50);
        var first = await fixture.ReadAsync(120);
        Assert.Equal(QueueFixture.Numbers(1, 120), QueueFixture.Texts(first));
        QueueFixture.Acknowledge(fixture.Reader, first[..90]);
        if (isReadOnly)
        {
            disk.Remount(isReadOnly: false);
        }
        else
        {
            File.Delete(filler);
        }

        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return fixture.Statistics.Health == QueueHealth.Healthy;
            },
            () => $"{version}: {fixture.Statistics.Trouble}");
        Assert.Equal(QueueFixture.Numbers(121, 30), QueueFixture.Texts(await fixture.ReadAsync(30)));
        await fixture.ReopenAsync();
        Assert.Equal(QueueFixture.Numbers(91, 60), QueueFixture.Texts(await fixture.ReadAsync(60)));
        Assert.Null(fixture.Statistics.SetAside);
    }

    private static void WriteEarlierVersion(QueueFixture fixture, int version)
    {
        Directory.CreateDirectory(fixture.Options.Folder);
        File.WriteAllText(Path.Combine(fixture.Options.Folder, "lock"), "");
        using var connection = new SqliteConnection($"Data Source={fixture.File};Pooling=False");
        connection.Open();
        SqliteFile.Execute(
            connection,
            $"""
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA journal_mode = WAL;
            {string.Join(';', QueueSchema.Migrations.Take(version))};
            PRAGMA user_version = {version};
            INSERT INTO meta VALUES ('boot', 7), ('position', 100);
            INSERT INTO point VALUES (1, 'meter', 'flow');
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100)
            INSERT INTO record (position, boot, sequence, time, point, body) SELECT n, 7, n, n * 1000000, 1, CAST(n AS BLOB) FROM numbers;
            """);
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static async Task FillAsync(QueueFixture fixture, int count)
    {
        await fixture.OpenAsync();
        for (var n = 1; n <= count; n += 500)
        {
            fixture.AppendMany(n, 500, 1000);
            await fixture.AcceptedAsync(n + 499);
        }

        await fixture.HealthAsync(QueueHealth.MemoryOnly);
    }
}
