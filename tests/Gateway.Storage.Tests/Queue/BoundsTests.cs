using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>What gives way when size, age or memory reach their bounds; each loss is counted.</summary>
public class BoundsTests
{
    private const int MaxSize = 2_000_000;

    public static TheoryData<int> MaxLossSeconds => [0, 1];

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Drop_oldest_keeps_the_newest_and_the_file_near_its_size(int seconds)
    {
        await using var fixture = await OpenAsync(seconds, FullPolicy.DropOldest);
        await FillAsync(fixture, 5000);

        // What is written is there before what has to give way for it has gone.
        await Eventually.TrueAsync(() => fixture.Statistics.DiskBytes <= MaxSize);
        var statistics = fixture.Statistics;
        Assert.True(statistics.Dropped > 500, $"{statistics.Dropped} dropped");
        Assert.Equal([new QueueDrops(QueueFixture.Device, DropReason.Oldest, statistics.Dropped)], statistics.Drops);
        Assert.Equal(5000, statistics.Depth + statistics.Dropped);
        Assert.InRange(statistics.DiskBytes, MaxSize / 2, MaxSize);
        var files = new[] { fixture.File, fixture.File + "-wal" }.Select(file => new FileInfo(file).Length).ToArray();
        Assert.True(files.Sum() < MaxSize * 11 / 10, string.Join(" + ", files));

        var records = await fixture.ReadAsync((int)statistics.Depth);
        Assert.Equal(QueueFixture.Numbers((int)statistics.Dropped + 1, (int)statistics.Depth), QueueFixture.Texts(records));
        Assert.Equal(records[0].Time, statistics.OldestTime);
    }

    [Fact]
    public async Task Room_that_an_acknowledgement_makes_is_used_again()
    {
        await using var fixture = await OpenAsync(0, FullPolicy.DropOldest);
        for (var n = 0; n < 10; n++)
        {
            await FillAsync(fixture, 700);
            await fixture.ReadAndAcknowledgeAsync(700);
        }

        Assert.Equal((0, 0), (fixture.Statistics.Dropped, fixture.Statistics.Depth));
        Assert.InRange(new FileInfo(fixture.File).Length, 0, MaxSize);
    }

    [Fact]
    public async Task A_record_that_was_read_before_it_was_dropped_can_be_acknowledged_all_the_same()
    {
        await using var fixture = await OpenAsync(0, FullPolicy.DropOldest);
        fixture.AppendMany(1, 10, 1000);
        var read = await fixture.ReadAsync(10);
        await FillAsync(fixture, 5000, from: 11);
        var before = fixture.Statistics;

        read.ForEach(record => fixture.Reader.Acknowledge(record.Position));

        Assert.Equal((before.Depth, before.Dropped, 10), (fixture.Statistics.Depth, fixture.Statistics.Dropped, fixture.Statistics.Acknowledged));
        await fixture.ReadAndAcknowledgeAsync((int)before.Depth);
        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Drop_newest_keeps_the_oldest_and_offers_the_new_ones_still_in_order(int seconds)
    {
        await using var fixture = await OpenAsync(seconds, FullPolicy.DropNewest);
        var outcomes = await FillAsync(fixture, 5000);
        await fixture.AcceptedAsync(5000);

        var taken = outcomes.TakeWhile(outcome => outcome == AppendOutcome.Taken).Count();
        Assert.InRange(taken, 1000, 4000);
        Assert.All(outcomes.Skip(taken), outcome => Assert.NotEqual(AppendOutcome.Refused, outcome));
        Assert.Equal(QueueFixture.Numbers(1, 5000), QueueFixture.Texts(fixture.Accepted));
        Assert.Equal(outcomes.Count(outcome => outcome == AppendOutcome.Dropped), fixture.Statistics.Dropped);
        Assert.All(fixture.Statistics.Drops, drops => Assert.Equal(DropReason.Newest, drops.Reason));

        var expected = Enumerable.Range(1, 5000).Where(n => outcomes[n - 1] == AppendOutcome.Taken).Select(n => $"{n}").ToArray();
        Assert.Equal(expected.Length, fixture.Statistics.Depth);
        Assert.Equal(expected, QueueFixture.Texts(await fixture.ReadAsync(expected.Length)));
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Block_refuses_new_records_until_there_is_room_and_offers_them_still_in_order(int seconds)
    {
        await using var fixture = await OpenAsync(seconds, FullPolicy.Block);
        var outcomes = await FillAsync(fixture, 5000);
        var taken = outcomes.Count(outcome => outcome == AppendOutcome.Taken);

        Assert.InRange(taken, 1000, 4000);
        Assert.Equal(5000 - taken, outcomes.Count(outcome => outcome == AppendOutcome.Refused));
        Assert.Equal([new QueueDrops(QueueFixture.Device, DropReason.Blocked, 5000 - taken)], fixture.Statistics.Drops);
        await fixture.AcceptedAsync(5000);
        Assert.Equal(QueueFixture.Numbers(1, 5000), QueueFixture.Texts(fixture.Accepted));

        await fixture.ReadAndAcknowledgeAsync(taken);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(10));
            return fixture.Append("again") == AppendOutcome.Taken;
        });
        var again = (await fixture.ReadAsync(1))[0];
        Assert.InRange(again.Sequence, 5001, long.MaxValue);
    }

    [Theory]
    [InlineData(FullPolicy.Block, 0)]
    [InlineData(FullPolicy.Block, 1)]
    [InlineData(FullPolicy.DropNewest, 0)]
    public async Task Room_that_others_leave_on_the_disk_is_used_without_an_acknowledgement(FullPolicy policy, int seconds)
    {
        var free = 39_000_000L;
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxSizeBytes = 20_000_000, KeepFreeBytes = 40_000_000, MaxLoss = TimeSpan.FromSeconds(seconds), WhenFull = policy, FreeBytes = () => Interlocked.Read(ref free) };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        await FillAsync(fixture, 2000);
        Assert.NotEqual(AppendOutcome.Taken, fixture.Append("refused"));

        Interlocked.Exchange(ref free, 60_000_000);
        await TakenAgainAsync(fixture);
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Room_that_records_leave_by_their_age_is_used_without_an_acknowledgement(int seconds)
    {
        await using var fixture = await OpenAsync(seconds, FullPolicy.Block);
        fixture.Options = fixture.Options with { MaxAge = TimeSpan.FromHours(1) };
        await fixture.ReopenAsync();
        await FillAsync(fixture, 5000);
        Assert.Equal(AppendOutcome.Refused, fixture.Append("refused"));

        fixture.Time.Advance(TimeSpan.FromHours(1));
        await TakenAgainAsync(fixture);
        Assert.Contains(fixture.Statistics.Drops, drops => drops.Reason == DropReason.Expired);
    }

    [Fact]
    public async Task Room_that_parked_records_leave_is_used_without_an_acknowledgement()
    {
        await using var fixture = await OpenAsync(0, FullPolicy.Block);
        await FillAsync(fixture, 5000);
        foreach (var record in await fixture.ReadAsync(90))
        {
            fixture.Reader.Park(record.Position, "no");
        }

        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 90);
        fixture.Time.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Append("more".PadRight(1000)) == AppendOutcome.Refused;
        });

        fixture.Queue.PurgeParked();
        await TakenAgainAsync(fixture);
        Assert.Equal(0, fixture.Statistics.Parked);
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Records_that_are_too_old_are_dropped_and_younger_ones_are_not(int seconds)
    {
        await using var fixture = await OpenAsync(seconds, FullPolicy.DropOldest);
        fixture.Options = fixture.Options with { MaxAge = TimeSpan.FromHours(1) };
        await fixture.ReopenAsync();
        fixture.AppendMany(1, 10);
        fixture.Time.Advance(TimeSpan.FromMinutes(45));
        fixture.AppendMany(11, 5);
        fixture.Time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal(15, fixture.Statistics.Depth);

        fixture.Time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Depth == 5;
        });

        Assert.Equal([new QueueDrops(QueueFixture.Device, DropReason.Expired, 10)], fixture.Statistics.Drops);
        await fixture.ReopenAsync();
        Assert.Equal(QueueFixture.Numbers(11, 5), QueueFixture.Texts(await fixture.ReadAsync(5)));
    }

    [Fact]
    public async Task Losses_are_counted_by_device()
    {
        await using var fixture = await OpenAsync(0, FullPolicy.DropOldest);
        await FillAsync(fixture, 300, "first");
        await FillAsync(fixture, 5000, "second");

        var drops = fixture.Statistics.Drops.OrderBy(drop => drop.Device).ToArray();
        Assert.Equal(["first", "second"], drops.Select(drop => drop.Device));
        Assert.Equal(300, drops[0].Count);
        Assert.Equal(fixture.Statistics.Dropped, drops.Sum(drop => drop.Count));
    }

    [Fact]
    public async Task A_drained_file_gives_its_room_back()
    {
        await using var fixture = await OpenAsync(0, FullPolicy.DropOldest);
        fixture.Options = fixture.Options with { MaxSizeBytes = 100_000_000 };
        await fixture.ReopenAsync();
        await FillAsync(fixture, 20_000);
        await fixture.ReadAndAcknowledgeAsync(20_000);
        var before = fixture.Statistics.DiskBytes;

        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromMinutes(1));
            return fixture.Statistics.DiskBytes < before / 2;
        });
    }

    /// <summary>Appends records of about a kilobyte, and lets those that are left reach the disk.</summary>
    private static async Task<List<AppendOutcome>> FillAsync(QueueFixture fixture, int count, string device = QueueFixture.Device, int from = 1)
    {
        var outcomes = new List<AppendOutcome>();
        for (var n = from; n < from + count; n++)
        {
            var outcome = fixture.Append($"{n}".PadRight(1000), device);
            outcomes.Add(outcome);
            if (n % 1000 == 0 || n == from + count - 1)
            {
                await fixture.WrittenWhenDueAsync();
            }
        }

        return outcomes;
    }

    [Fact]
    public async Task Thin_out_keeps_a_coarser_past_and_every_alarm()
    {
        await using var fixture = await OpenAsync(0, FullPolicy.ThinOut);
        for (var n = 0; n < 5000; n++)
        {
            if (n % 500 == 0)
            {
                fixture.AppendUrgent($"{n}");
            }

            fixture.Append($"{n}".PadRight(1000), n % 2 == 0 ? "meter" : "pump");
            await fixture.WrittenIfDueAsync();
        }

        await fixture.WrittenAsync();
        await Eventually.TrueAsync(() => fixture.Statistics.Depth + fixture.Statistics.Dropped == 5010);
        var statistics = fixture.Statistics;
        Assert.All(statistics.Drops, drops => Assert.Equal(DropReason.Thinned, drops.Reason));
        Assert.Equal(["meter", "pump"], statistics.Drops.Select(drops => drops.Device).Order());
        var read = await fixture.ReadAsync((int)statistics.Depth);
        Assert.Equal(10, read.Count(record => record.IsUrgent));
        var numbers = QueueFixture.Texts(read.Where(record => !record.IsUrgent)).Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(numbers.Order(), numbers);

        // Something of each quarter of the past is there, the older the less. How often the oldest was halved depends on how the disk kept up: a tenth of it may be gone.
        var quarters = numbers.CountBy(number => number / 1250).OrderBy(quarter => quarter.Key).Select(quarter => quarter.Value).ToList();
        Assert.Equal(4, quarters.Count);
        Assert.True(quarters[0] < quarters[^1] / 2, string.Join(' ', quarters));
        QueueFixture.Acknowledge(fixture.Reader, read);
        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Theory]
    [InlineData(FullPolicy.DropOldest)]
    [InlineData(FullPolicy.Block)]
    public async Task What_others_need_of_the_disk_is_left_to_them(FullPolicy policy)
    {
        var free = 50_000_000L;
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxSizeBytes = 20_000_000, KeepFreeBytes = 40_000_000, WhenFull = policy, FreeBytes = () => Interlocked.Read(ref free) };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        fixture.AppendMany(1, 1000, 1000);
        await fixture.WrittenAsync();
        Assert.Equal(0, fixture.Statistics.Dropped);

        // Another program takes the disk.
        Interlocked.Exchange(ref free, 39_500_000);
        for (var n = 1001; n <= 2000; n++)
        {
            fixture.Append($"{n}".PadRight(1000));
            if (n % 20 == 0)
            {
                await fixture.WrittenAsync();
            }
        }

        await fixture.WrittenAsync();
        Assert.InRange(fixture.Statistics.Dropped, 500, 1900);
        Assert.InRange(fixture.Statistics.UsedBytes, 100_000, 1_500_000);
    }

    [Theory]
    [InlineData(40_000_000)]
    [InlineData(39_000_000)]
    [InlineData(0)]
    public async Task A_disk_that_has_become_scarce_costs_no_more_records_than_come(long scarce)
    {
        var free = 50_000_000L;
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxSizeBytes = 20_000_000, KeepFreeBytes = 40_000_000, FreeBytes = () => Interlocked.Read(ref free) };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        for (var n = 1; n <= 3000; n += 500)
        {
            fixture.AppendMany(n, 500, 1000);
            await fixture.WrittenAsync();
        }

        var before = fixture.Statistics.DiskBytes;
        Interlocked.Exchange(ref free, scarce);
        for (var n = 3001; n <= 3200; n += 20)
        {
            fixture.AppendMany(n, 20, 1000);
            await fixture.WrittenAsync();
        }

        // At least 64 of the oldest at once; what has left makes room in the file, not on the disk.
        Assert.InRange(fixture.Statistics.Dropped, 100, 400);
        Assert.InRange(fixture.Statistics.DiskBytes, 0, before + (fixture.Options.CheckpointPages * 4120L));
    }

    private static Task TakenAgainAsync(QueueFixture fixture) => Eventually.TrueAsync(() =>
    {
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        return fixture.Append("again".PadRight(1000)) == AppendOutcome.Taken;
    });

    private static async Task<QueueFixture> OpenAsync(int maxLossSeconds, FullPolicy policy)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(maxLossSeconds), WhenFull = policy, MaxSizeBytes = MaxSize };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        return fixture;
    }
}
