using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Tests.Queue;

/// <summary>What was lost is known after a restart, too, by device and reason.</summary>
public class DropCountTests
{
    [Fact]
    public async Task Counts_outlive_restarts_and_go_on()
    {
        await using var fixture = await OpenAsync();
        await ExpireAsync(fixture, 10, "meter");
        await fixture.ReopenAsync();
        Assert.Equal([Expired("meter", 10)], fixture.Statistics.Drops);
        await ExpireAsync(fixture, 5, "meter");
        await ExpireAsync(fixture, 3, "pump");

        await fixture.ReopenAsync();
        Assert.Equal([Expired("meter", 15), Expired("pump", 3)], Sorted(fixture.Statistics));
        Assert.Equal(18, fixture.Statistics.Dropped);
        Assert.Equal(Sorted(fixture.Statistics), QueueInspector.Inspect(fixture.Options.Folder)!.Drops.OrderBy(drops => drops.Device));
    }

    [Fact]
    public async Task A_kill_leaves_the_counts_of_the_last_commit()
    {
        await using var fixture = await OpenAsync();
        await ExpireAsync(fixture, 10, "meter");
        fixture.Append("new");
        await fixture.WrittenAsync();

        await using var next = await fixture.KillAsync();
        Assert.Equal([Expired("meter", 10)], next.Statistics.Drops);
    }

    [Fact]
    public async Task Without_commits_counts_are_written_once_a_minute()
    {
        await using var fixture = await OpenAsync(options => options with { WhenFull = FullPolicy.Block, MaxSizeBytes = 1_000_000 });
        while (fixture.Append("".PadRight(1000)) == AppendOutcome.Taken)
        {
        }

        await fixture.WrittenAsync();
        var blocked = fixture.Statistics.Dropped;
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromMinutes(1));
            return QueueInspector.Inspect(fixture.Options.Folder)!.Drops is [var drops] && drops == new QueueDrops(QueueFixture.Device, DropReason.Blocked, blocked);
        });
    }

    [Fact]
    public async Task Devices_that_are_gone_count_as_one()
    {
        await using var fixture = await OpenAsync();
        await ExpireAsync(fixture, 10, "meter");
        await ExpireAsync(fixture, 5, "boiler");
        await ExpireAsync(fixture, 3, "pump");
        await fixture.ReopenAsync();
        fixture.Queue.SetDevices(["pump", "valve"]);
        await ExpireAsync(fixture, 1, "meter");
        await ExpireAsync(fixture, 1, "pump");
        Assert.Equal([Expired("$gone", 16), Expired("pump", 4)], Sorted(fixture.Statistics));

        await fixture.ReopenAsync();
        Assert.Equal([Expired("$gone", 16), Expired("pump", 4)], Sorted(fixture.Statistics));
        Assert.Equal(2, QueueInspector.Inspect(fixture.Options.Folder)!.Drops.Count);
    }

    [Fact]
    public async Task A_damaged_file_gives_its_counts_to_the_new_one()
    {
        await using var fixture = await OpenAsync();
        await ExpireAsync(fixture, 10, "meter");
        fixture.AppendMany(1, 100);
        await fixture.Queue.DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(fixture.File);
        Array.Clear(bytes, 0, 100);
        await File.WriteAllBytesAsync(fixture.File, bytes);

        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        Assert.NotNull(fixture.Statistics.SetAside);
        Assert.Equal(100, fixture.Statistics.Depth);
        Assert.Equal([Expired("meter", 10)], fixture.Statistics.Drops);
    }

    [Fact]
    public async Task A_file_that_is_deleted_gets_its_counts_back()
    {
        await using var fixture = await OpenAsync();
        await ExpireAsync(fixture, 10, "meter");
        await fixture.ReopenAsync();
        File.Delete(fixture.File);
        fixture.Append("new");
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics is { Health: QueueHealth.Healthy, Unwritten: 0 };
        });

        await using var next = await fixture.KillAsync();
        Assert.Equal([Expired("meter", 10)], next.Statistics.Drops);
    }

    [Fact]
    public async Task What_the_disk_does_not_take_at_the_stop_is_told_of_by_device()
    {
        await using var fixture = await OpenAsync();
        fixture.AppendMany(1, 10);
        await fixture.WrittenAsync();
        await using (var other = new SqliteConnection($"Data Source={fixture.File};Pooling=False"))
        {
            await other.OpenAsync();
            await using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            await command.ExecuteNonQueryAsync();
            fixture.AppendMany(11, 5);
            fixture.Append("16", "pump");
            await fixture.HealthAsync(QueueHealth.MemoryOnly);
            await fixture.Queue.DisposeAsync();
        }

        Assert.Contains("Offline queue: closed, and 6 records that the disk did not take are lost: meter 5, pump 1", fixture.Log);
        Assert.Equal([new QueueDrops("meter", DropReason.Unwritten, 5), new QueueDrops("pump", DropReason.Unwritten, 1)], Sorted(fixture.Statistics));
        await fixture.OpenAsync();
        Assert.Equal(QueueFixture.Numbers(1, 10), QueueFixture.Texts(await fixture.ReadAsync(10)));
    }

    private static QueueDrops Expired(string device, long count) => new(device, DropReason.Expired, count);

    private static IEnumerable<QueueDrops> Sorted(QueueStatistics statistics) => statistics.Drops.OrderBy(drops => drops.Device, StringComparer.Ordinal);

    private static async Task ExpireAsync(QueueFixture fixture, int count, string device)
    {
        var before = fixture.Statistics.Dropped;
        for (var n = 0; n < count; n++)
        {
            fixture.Append($"{n}", device);
        }

        await fixture.WrittenAsync();
        fixture.Time.Advance(TimeSpan.FromHours(2));
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Dropped == before + count;
        });
    }

    private static async Task<QueueFixture> OpenAsync(Func<QueueOptions, QueueOptions>? change = null)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxAge = TimeSpan.FromHours(1) };
        fixture.Options = change?.Invoke(fixture.Options) ?? fixture.Options;
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        return fixture;
    }
}
