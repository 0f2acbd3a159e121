using System.Globalization;
using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>Thinning out, with few points and with many: what stays, how much room it makes, and that no step of it grows with the queue.</summary>
public class ThinningTests
{
    private const int StretchRecords = 2000;
    private const int StretchBytes = 1_000_000;

    [Theory]
    [InlineData(1, 40, 0)]
    [InlineData(1, 1000, 0)]
    [InlineData(3, 20_000, 0)]
    [InlineData(20, 40, 0)]
    [InlineData(20, 40, 30)]
    [InlineData(3000, 40, 0)]
    [InlineData(3000, 200, 10)]
    public void A_pass_halves_each_point_in_short_steps_and_frees_the_pages(int points, int bytes, int percentUrgent)
    {
        using var folder = new TemporaryFolder();
        using var store = QueueStore.Open(Path.Combine(folder, "queue.db"), 1000, "a boot", 0);
        var random = new Random(points + bytes);
        var count = Math.Max(6 * points, Math.Min(20_000, 10_000_000 / bytes));
        var records = Enumerable.Range(1, count).Select(n => ToRecord(n, $"point{random.Next(points)}", bytes, random.Next(100) < percentUrgent)).ToList();
        Insert(store, records);
        var before = store.UsedBytes;

        var thinning = new Thinning();
        List<RemovedRecord> removed = [];
        while (thinning.Through < count)
        {
            var (from, used) = (thinning.Through, store.UsedBytes);
            store.Begin();
            store.ThinOut(thinning, count, StretchRecords, StretchBytes, removed);
            store.Commit();
            Assert.InRange(thinning.Through - from, 1, Math.Min(StretchRecords, (StretchBytes / bytes) + 1));
            Assert.InRange(store.UsedBytes, 0, used + 4096);
        }

        // Every second of each point has gone, urgent ones apart, and the others are as they were.
        var expected = records.Where(record => record.IsUrgent)
            .Concat(records.Where(record => !record.IsUrgent).GroupBy(record => record.Point).SelectMany(point => point.Where((_, index) => index % 2 == 0)))
            .OrderBy(record => record.Position).ToList();
        List<QueueRecord> left = [];
        Assert.True(store.Read(isUrgentOnly: false, 0, count, count + 1, int.MaxValue, left));
        Assert.Equal(expected.Select(Describe), left.Select(Describe));
        Assert.Equal(records.Select(record => record.Position).Except(expected.Select(record => record.Position)), removed.Select(record => record.Position));

        // The room is there: what went took its share of the file, but for a quarter.
        var share = (double)removed.Count / count;
        Assert.InRange(store.UsedBytes, 0, before * (1 - (0.75 * share)));
    }

    [Fact]
    public void A_pass_that_would_take_nothing_is_not_made_again_at_once()
    {
        using var folder = new TemporaryFolder();
        using var store = QueueStore.Open(Path.Combine(folder, "queue.db"), 1000, "a boot", 0);
        Insert(store, [.. Enumerable.Range(1, 4000).Select(n => ToRecord(n, $"point{n}", 10, false))]);
        var thinning = new Thinning();
        List<RemovedRecord> removed = [];
        while (thinning.TryGoOn(4000, 8000))
        {
            store.Begin();
            store.ThinOut(thinning, 4000, StretchRecords, StretchBytes, removed);
            store.Commit();
        }

        Assert.Empty(removed);
        Assert.False(thinning.TryGoOn(4500, 8999));
        Assert.True(thinning.TryGoOn(4500, 9000));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 1000)]
    [InlineData(40, 10)]
    [InlineData(3000, 10)]
    public async Task The_past_becomes_coarser_and_not_shorter(int points, int bytes)
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { WhenFull = FullPolicy.ThinOut, MaxSizeBytes = bytes > 100 ? 6_000_000 : 3_000_000 };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);

        // No more than may be read and not acknowledged.
        var capacity = (int)(fixture.Options.MaxRecordBytes / (bytes + 60));
        var count = Math.Max(2 * capacity, 10 * points);
        for (var n = 0; n < count; n++)
        {
            fixture.Append(n.ToString(CultureInfo.InvariantCulture).PadRight(bytes), $"device{n % points % 7}", $"point{n % points}");
            if (n % 5000 == 0)
            {
                await fixture.WrittenAsync();
            }
        }

        await fixture.WrittenAsync();
        await Eventually.TrueAsync(() => fixture.Statistics.Depth + fixture.Statistics.Dropped == count);
        var statistics = fixture.Statistics;
        Assert.All(statistics.Drops, drops => Assert.Equal(DropReason.Thinned, drops.Reason));
        Assert.InRange(statistics.UsedBytes, fixture.Options.MaxRecordBytes / 2, fixture.Options.MaxRecordBytes * 21 / 20);
        var numbers = QueueFixture.Texts(await fixture.ReadAsync((int)statistics.Depth)).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(numbers.Order(), numbers);

        // The first of each point is there, the newest quarter is whole, and the oldest is the coarsest, of every point alike.
        Assert.Equal(Enumerable.Range(0, points), numbers.Take(points));
        Assert.Equal(Enumerable.Range(count - (capacity / 4), capacity / 4), numbers.TakeLast(capacity / 4));
        var quarters = numbers.CountBy(number => number / (count / 4)).OrderBy(quarter => quarter.Key).Select(quarter => quarter.Value).ToList();
        Assert.True(quarters[0] < quarters[3] * 3 / 4, string.Join(' ', quarters));
        var ofPoint = numbers.CountBy(number => number % points).Select(point => point.Value).ToList();
        Assert.True(ofPoint.Max() - ofPoint.Min() <= Math.Max(8, ofPoint.Max() / 4), $"{ofPoint.Min()} to {ofPoint.Max()}");
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Fact]
    public async Task Where_each_point_is_there_once_the_oldest_give_way()
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { WhenFull = FullPolicy.ThinOut, MaxSizeBytes = 1_000_000 };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        for (var n = 0; n < 3000; n++)
        {
            fixture.Append($"{n}".PadRight(1000), point: $"point{n}");
            if (n % 500 == 0)
            {
                await fixture.WrittenAsync();
            }
        }

        await fixture.WrittenAsync();
        await Eventually.TrueAsync(() => fixture.Statistics.Depth + fixture.Statistics.Dropped == 3000);
        Assert.All(fixture.Statistics.Drops, drops => Assert.Equal(DropReason.Oldest, drops.Reason));
        Assert.InRange(fixture.Statistics.UsedBytes, 0, fixture.Options.MaxRecordBytes * 21 / 20);
        var depth = (int)fixture.Statistics.Depth;
        Assert.Equal(QueueFixture.Numbers(3000 - depth, depth), QueueFixture.Texts(await fixture.ReadAsync(depth)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Without_a_disk_memory_is_thinned_out_too_and_alarms_stay(int points)
    {
        await using var fixture = await OpenWithoutDiskAsync();
        for (var n = 0; n < 1000; n++)
        {
            fixture.Append($"{n}", point: $"point{n % points}");
            if (n % 100 == 0)
            {
                fixture.AppendUrgent($"alarm{n}");
            }
        }

        var statistics = fixture.Statistics;
        Assert.All(statistics.Drops, drops => Assert.Equal(DropReason.Thinned, drops.Reason));
        Assert.Equal(1010, statistics.Depth + statistics.Dropped);
        Assert.InRange(statistics.MemoryBytes, 60_000, 100_000);
        var read = await fixture.ReadAsync((int)statistics.Depth);
        Assert.Equal(10, read.Count(record => record.IsUrgent));
        var numbers = QueueFixture.Texts(read.Where(record => !record.IsUrgent)).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(numbers.Order(), numbers);

        // The first of each point is there, the newest are whole, and the older the coarser.
        Assert.Equal(Enumerable.Range(0, points), numbers.Take(points));
        Assert.Equal(Enumerable.Range(900, 100), numbers.TakeLast(100));
        var quarters = numbers.CountBy(number => number / 250).OrderBy(quarter => quarter.Key).Select(quarter => quarter.Value).ToList();
        Assert.True(quarters.Count == 4 && quarters[0] < quarters[3] / 2, string.Join(' ', quarters));
        QueueFixture.Acknowledge(fixture.Reader, read);
        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Fact]
    public async Task Without_a_disk_where_each_point_is_there_once_the_oldest_give_way_and_alarms_last()
    {
        await using var fixture = await OpenWithoutDiskAsync();
        for (var n = 0; n < 2000; n++)
        {
            fixture.Append($"{n}", point: $"point{n}");
            if (n % 10 == 0)
            {
                fixture.AppendUrgent($"alarm{n}");
            }
        }

        var read = await fixture.ReadAsync((int)fixture.Statistics.Depth);
        Assert.Equal(200, read.Count(record => record.IsUrgent));
        var others = read.Count(record => !record.IsUrgent);
        Assert.Equal(QueueFixture.Numbers(2000 - others, others), QueueFixture.Texts(read.Where(record => !record.IsUrgent)));
        Assert.All(fixture.Statistics.Drops, drops => Assert.Equal(DropReason.Oldest, drops.Reason));

        // When there is nothing else the oldest alarms go.
        for (var n = 0; n < 1000; n++)
        {
            fixture.AppendUrgent($"more{n}");
        }

        Assert.Equal(3200, fixture.Statistics.Depth + fixture.Statistics.Dropped);
        Assert.InRange(fixture.Statistics.MemoryBytes, 60_000, 100_000);
        await fixture.ReopenAsync();
        Assert.Contains(fixture.Log, line => line.StartsWith("Offline queue: closed, and ", StringComparison.Ordinal));
    }

    private static async Task<QueueFixture> OpenWithoutDiskAsync()
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { WhenFull = FullPolicy.ThinOut, MaxLoss = TimeSpan.FromSeconds(1), MemoryLimitBytes = 100_000 };
        await File.WriteAllTextAsync(fixture.Options.Folder, "");
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        return fixture;
    }

    private static void Insert(QueueStore store, List<QueueRecord> records)
    {
        foreach (var batch in records.Chunk(QueueWriter.MaxBatchRecords))
        {
            store.Begin();
            Array.ForEach(batch, store.Insert);
            store.Commit();
        }
    }

    private static QueueRecord ToRecord(int position, string point, int bytes, bool isUrgent) => new()
    {
        Position = position,
        Boot = 7,
        Sequence = position,
        Time = DateTimeOffset.UnixEpoch.AddSeconds(position),
        Uptime = position % 3 == 0 ? null : TimeSpan.FromSeconds(position),
        IsUnsynchronised = position % 5 == 0,
        Device = "meter",
        Point = point,
        IsUrgent = isUrgent,
        Body = System.Text.Encoding.UTF8.GetBytes($"{position}".PadRight(bytes)),
    };

    private static string Describe(QueueRecord record) =>
        $"{record.Position} {record.Boot}-{record.Sequence} {record.Time:O} {record.IsUnsynchronised} {record.Device}.{record.Point} {record.IsUrgent} {System.Text.Encoding.UTF8.GetString(record.Body.Span)}";
}
