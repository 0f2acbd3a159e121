using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>The disk is full, though the queue is not.</summary>
public class FullDiskTests
{
    private const int DiskSize = 3_000_000;

    [SmallDiskFact]
    public async Task The_backlog_is_sent_from_a_full_disk_and_the_queue_returns_to_it()
    {
        using var disk = SmallDisk.TryMount(DiskSize)!;
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
    public async Task After_a_start_on_a_full_disk_the_backlog_is_sent_all_the_same()
    {
        using var disk = SmallDisk.TryMount(DiskSize)!;
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Folder = Path.Combine(disk.Path, "queue") };
        await FillAsync(fixture, 5000);
        var unwritten = (int)fixture.Statistics.Unwritten;
        await fixture.ReopenAsync();

        await Eventually.TrueAsync(() => fixture.Statistics.Health != QueueHealth.Starting);
        var stored = (int)fixture.Statistics.Depth;
        Assert.True(stored >= 5000 - unwritten, $"{stored} of {5000 - unwritten}");
        fixture.AppendMany(1, 3);
        var records = await fixture.ReadAsync(stored + 3);
        Assert.Equal([.. QueueFixture.Numbers(1, stored), "1", "2", "3"], QueueFixture.Texts(records));
        Assert.NotEqual(1, records[^1].Boot);
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
