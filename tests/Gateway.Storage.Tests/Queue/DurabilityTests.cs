using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>When records reach the disk, and when they need not.</summary>
public class DurabilityTests
{
    /// <summary>The boot, and by how much the clock is ahead of the machine's start.</summary>
    private const int OpeningCommits = 2;

    [Fact]
    public async Task With_max_loss_none_a_record_is_on_the_disk_when_it_is_accepted()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 1);
        await fixture.AcceptedAsync(1);

        Assert.Equal(1, QueueInspector.Inspect(fixture.Options.Folder)!.Records);
    }

    [Fact]
    public async Task With_an_interval_a_record_is_accepted_at_once_and_written_at_half_of_it()
    {
        await using var fixture = await OpenAsync(TimeSpan.FromSeconds(10));
        fixture.AppendMany(1, 3);

        Assert.Equal(3, fixture.Accepted.Count);
        await fixture.ReadAsync(3);
        fixture.Time.Advance(TimeSpan.FromSeconds(4.9));
        fixture.AppendMany(4, 1);
        Assert.Equal(0, QueueInspector.Inspect(fixture.Options.Folder)!.Records);

        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(0.2));
            return QueueInspector.Inspect(fixture.Options.Folder)!.Records == 4;
        });
    }

    [Fact]
    public async Task A_record_that_is_acknowledged_before_it_is_due_never_touches_the_disk()
    {
        await using var fixture = await OpenAsync(TimeSpan.FromSeconds(10));
        var written = fixture.Statistics.BytesWritten;
        for (var n = 1; n <= 300; n++)
        {
            fixture.AppendMany(n, 1);
            await fixture.ReadAndAcknowledgeAsync(1);
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(written, fixture.Statistics.BytesWritten);
        Assert.Equal((300, 300, 0), (fixture.Statistics.Appended, fixture.Statistics.Acknowledged, fixture.Statistics.Depth));
    }

    [Fact]
    public async Task Each_record_has_its_own_deadline_whatever_became_of_the_one_before()
    {
        await using var fixture = await OpenAsync(TimeSpan.FromSeconds(10));
        fixture.AppendMany(1, 1);
        await fixture.ReadAndAcknowledgeAsync(1);
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        fixture.AppendMany(2, 1);
        fixture.Time.Advance(TimeSpan.FromSeconds(3.5));
        Assert.Equal(0, QueueInspector.Inspect(fixture.Options.Folder)!.Records);

        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(0.2));
            return QueueInspector.Inspect(fixture.Options.Folder)!.Records == 1;
        });
    }

    [Fact]
    public async Task Acknowledged_records_leave_the_disk_within_seconds()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 100);
        await fixture.ReadAndAcknowledgeAsync(99);

        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return QueueInspector.Inspect(fixture.Options.Folder)!.Records == 1;
        });
    }

    [Fact]
    public async Task What_waits_is_committed_together()
    {
        await using var fixture = await OpenAsync(TimeSpan.FromSeconds(10));
        fixture.AppendMany(1, 1000);
        await fixture.WrittenWhenDueAsync();

        await Eventually.TrueAsync(() => fixture.Statistics.Commits > OpeningCommits);
        Assert.Equal(OpeningCommits + 1, fixture.Statistics.Commits);
        Assert.InRange(fixture.Statistics.BytesWritten, 1000 * 10, 200_000);
    }

    [Fact]
    public async Task Records_that_wait_in_memory_are_written_before_memory_is_scarce()
    {
        await using var fixture = await OpenAsync(TimeSpan.FromHours(1), memory: 1_000_000);
        for (var n = 0; n < 40; n++)
        {
            fixture.AppendMany(n * 500, 500);
            await Eventually.TrueAsync(() => fixture.Statistics.Depth - QueueInspector.Inspect(fixture.Options.Folder)!.Records < 3500);
        }

        Assert.InRange(fixture.Statistics.MemoryBytes, 0, 1_000_000);
        Assert.Equal((20_000, 0), (fixture.Statistics.Depth, fixture.Statistics.Dropped));
    }

    private static async Task<QueueFixture> OpenAsync(TimeSpan maxLoss, int memory = 16_000_000)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = maxLoss, MemoryLimitBytes = memory };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        await Eventually.TrueAsync(() => fixture.Statistics.Commits == OpeningCommits, () => $"{fixture.Statistics.Commits} commits");
        return fixture;
    }
}
