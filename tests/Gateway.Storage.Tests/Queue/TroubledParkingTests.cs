using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>Records that an uplink does not take while the disk cannot be used: they wait for it, and hold up nothing.</summary>
public sealed class TroubledParkingTests
{
    [Theory]
    [InlineData(FullPolicy.Block)]
    [InlineData(FullPolicy.DropNewest)]
    [InlineData(FullPolicy.DropOldest)]
    [InlineData(FullPolicy.ThinOut)]
    public async Task What_waits_to_be_parked_takes_no_room_from_what_is_taken(FullPolicy policy)
    {
        await using var fixture = await OpenAsync(policy);
        fixture.AppendMany(1, 1);
        fixture.Reader.Park(Assert.Single(await fixture.ReadAsync(1)).Position, "no");
        for (var n = 2; n <= 2000; n++)
        {
            Assert.Equal((n, AppendOutcome.Taken), (n, fixture.Append($"{n}")));
            fixture.Reader.Acknowledge(Assert.Single(await fixture.ReadAsync(1)).Position);
        }

        Assert.Equal(0, fixture.Statistics.Dropped);
        await AdvanceUntilHealthyAsync(fixture);
        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: 1 }, () => $"{fixture.Statistics}");
        Assert.Equal(0, fixture.Statistics.Dropped);
        Assert.Equal(["1"], QueueFixture.Texts(QueueInspector.ListParked(fixture.Options.Folder)!.Select(parked => parked.Record)));
    }

    [Fact]
    public async Task One_that_gives_way_in_memory_and_is_parked_later_is_not_lost()
    {
        await using var fixture = await OpenAsync(FullPolicy.DropOldest);
        fixture.AppendMany(1, 1);
        fixture.Reader.Park(Assert.Single(await fixture.ReadAsync(1)).Position, "no");
        fixture.AppendMany(2, 1000);
        var (dropped, depth) = (fixture.Statistics.Dropped, fixture.Statistics.Depth);
        Assert.Equal(1000, dropped + depth);
        Assert.InRange(dropped, 1, 900);

        await AdvanceUntilHealthyAsync(fixture);
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        Assert.Equal((dropped, depth), (fixture.Statistics.Dropped, fixture.Statistics.Depth));
        Assert.Equal(depth, (await fixture.ReadAsync((int)depth)).Count);
    }

    [Fact]
    public async Task So_many_wait_and_the_oldest_go_counted()
    {
        const int count = QueueReader.MaxOutstanding + 10;
        await using var fixture = await OpenAsync(FullPolicy.DropOldest);
        for (var n = 1; n <= count; n++)
        {
            fixture.AppendMany(n, 1);
            fixture.Reader.Park(Assert.Single(await fixture.ReadAsync(1)).Position, "no");
        }

        Assert.Equal([DropReason.Parked], fixture.Statistics.Drops.Select(drops => drops.Reason));
        Assert.InRange(fixture.Statistics.MemoryBytes, 1, fixture.Options.MemoryLimitBytes);
        await AdvanceUntilHealthyAsync(fixture);
        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: > 0 }, () => $"{fixture.Statistics}");
        Assert.Equal(count, fixture.Statistics.Parked + fixture.Statistics.Dropped);
        Assert.Equal($"{count}", QueueFixture.Texts([QueueInspector.ListParked(fixture.Options.Folder)![^1].Record])[0]);
    }

    [Fact]
    public async Task What_waits_when_the_queue_is_closed_is_counted_and_told()
    {
        await using var fixture = await OpenAsync(FullPolicy.DropOldest);
        fixture.AppendMany(1, 3);
        fixture.Reader.Park((await fixture.ReadAsync(2))[0].Position, "no");
        await fixture.Queue.DisposeAsync();

        Assert.Equal([new QueueDrops(QueueFixture.Device, DropReason.Unwritten, 3)], fixture.Statistics.Drops);
        Assert.Contains($"Offline queue: closed, and 3 records that the disk did not take are lost: {QueueFixture.Device} 3", fixture.Log);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_gave_way_in_memory_and_waits_when_the_queue_is_closed_is_counted_once(bool isParkedBefore)
    {
        await using var fixture = await OpenAsync(FullPolicy.DropOldest);
        fixture.AppendMany(1, 1);
        var position = Assert.Single(await fixture.ReadAsync(1)).Position;
        if (isParkedBefore)
        {
            fixture.Reader.Park(position, "no");
        }

        fixture.AppendMany(2, 1000);
        fixture.Reader.Park(position, "no");
        var depth = fixture.Statistics.Depth;
        await fixture.Queue.DisposeAsync();

        Assert.Equal(1001, fixture.Statistics.Dropped);
        Assert.Equal(depth + (isParkedBefore ? 1 : 0), Assert.Single(fixture.Statistics.Drops, drops => drops.Reason == DropReason.Unwritten).Count);
    }

    /// <summary>A queue without a disk: where its folder should be there is a file.</summary>
    private static async Task<QueueFixture> OpenAsync(FullPolicy policy)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(1), MemoryLimitBytes = 100_000, WhenFull = policy };
        await File.WriteAllTextAsync(fixture.Options.Folder, "");
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        return fixture;
    }

    private static Task AdvanceUntilHealthyAsync(QueueFixture fixture)
    {
        File.Delete(fixture.Options.Folder);
        return Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        });
    }
}
