using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.Queue;

/// <summary>The disk, the folder or the file is in trouble: the queue opens and works all the same, and says what is wrong.</summary>
public class TroubleTests
{
    public static TheoryData<string> Damages => ["text", "truncated", "zeroed pages", "garbage in the middle"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_file_is_set_aside_under_a_dated_name_and_a_new_one_begun_with_what_can_be_read(string damage)
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 500, 300);
        await fixture.AcceptedAsync(500);
        await fixture.Queue.DisposeAsync();
        Damage(fixture.File, damage);

        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);

        var aside = Path.Combine(fixture.Options.Folder, "queue-20261122T010203Z.corrupt.db");
        Assert.True(File.Exists(aside));
        Assert.Equal(aside, fixture.Statistics.SetAside);
        Assert.Equal(2, fixture.Queue.Boot); // never used before, though the file that knew the last one is gone
        var salvaged = (int)fixture.Statistics.Depth;
        Assert.Equal((damage, damage is "truncated" or "garbage in the middle"), (damage, salvaged > 0));
        fixture.AppendMany(1, 3);
        await fixture.ReopenAsync();
        var texts = QueueFixture.Texts(await fixture.ReadAsync(salvaged + 3));
        Assert.Equal(["1", "2", "3"], texts[^3..]);
        Assert.Equal(texts[..salvaged].Select(int.Parse).Order(), texts[..salvaged].Select(int.Parse));
        Assert.Equal(3, fixture.Queue.Boot);
    }

    [Fact]
    public async Task Of_damaged_files_only_the_last_few_are_kept()
    {
        await using var fixture = new QueueFixture();
        Directory.CreateDirectory(fixture.Options.Folder);
        for (var n = 0; n < 5; n++)
        {
            await File.WriteAllTextAsync(fixture.File, "not a database, and long enough to have what would be a header of one hundred bytes, of which this is the end.");
            await fixture.OpenAsync();
            await fixture.HealthAsync(QueueHealth.Healthy);
            await fixture.Queue.DisposeAsync();
            fixture.Time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(
            ["queue-20261124T010203Z.corrupt.db", "queue-20261125T010203Z.corrupt.db", "queue-20261126T010203Z.corrupt.db"],
            Directory.GetFiles(fixture.Options.Folder, "*.corrupt.db").Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Where_there_can_be_no_folder_the_queue_works_from_memory_until_there_is_one(int maxLossSeconds)
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(maxLossSeconds) };
        await File.WriteAllTextAsync(fixture.Options.Folder, "a file where the folder should be");
        await fixture.OpenAsync();
        Assert.Equal(QueueHealth.MemoryOnly, fixture.Statistics.Health);
        Assert.Contains(fixture.Options.Folder, fixture.Statistics.Trouble);

        fixture.AppendMany(1, 10);
        await fixture.AcceptedAsync(10);
        await fixture.ReadAndAcknowledgeAsync(4);
        File.Delete(fixture.Options.Folder);
        await AdvanceUntilHealthyAsync(fixture);
        await fixture.WrittenWhenDueAsync();

        Assert.Null(fixture.Statistics.Trouble);
        Assert.Equal(6, QueueInspector.Inspect(fixture.Options.Folder)!.Records);
        var boot = fixture.Queue.Boot;
        await fixture.ReopenAsync();
        fixture.AppendMany(11, 1);
        var records = await fixture.ReadAsync(7);
        Assert.Equal(QueueFixture.Numbers(5, 7), QueueFixture.Texts(records));
        Assert.Equal([boot, boot + 1], records.Select(record => record.Boot).Distinct());
    }

    [Fact]
    public async Task A_backlog_that_turns_up_late_is_sent_and_nothing_of_it_is_lost()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        await fixture.AcceptedAsync(5);
        await fixture.Queue.DisposeAsync();
        Directory.Move(fixture.Options.Folder, fixture.Options.Folder + ".later");
        await File.WriteAllTextAsync(fixture.Options.Folder, "not mounted yet");
        fixture.Accepted.Clear();
        await fixture.OpenAsync();
        fixture.AppendMany(6, 20);
        await fixture.AcceptedAsync(20);
        await fixture.ReadAndAcknowledgeAsync(10);
        var outstanding = await fixture.ReadAsync(2);

        File.Delete(fixture.Options.Folder);
        Directory.Move(fixture.Options.Folder + ".later", fixture.Options.Folder);
        await AdvanceUntilHealthyAsync(fixture);
        outstanding.ForEach(record => fixture.Reader.Acknowledge(record.Position)); // too late: they come again
        var records = await fixture.ReadAsync(15);

        Assert.Equal([.. QueueFixture.Numbers(1, 5), .. QueueFixture.Numbers(16, 10)], QueueFixture.Texts(records));
        Assert.Equal(15, fixture.Statistics.Depth);
        records.ForEach(record => fixture.Reader.Acknowledge(record.Position));
        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Fact]
    public async Task What_was_acknowledged_before_a_backlog_turned_up_deletes_nothing_of_it()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        await fixture.AcceptedAsync(5);
        await fixture.Queue.DisposeAsync();
        Directory.Move(fixture.Options.Folder, fixture.Options.Folder + ".later");
        await File.WriteAllTextAsync(fixture.Options.Folder, "not mounted yet");
        fixture.Accepted.Clear();
        await fixture.OpenAsync();
        fixture.AppendMany(6, 20);
        await fixture.AcceptedAsync(20);
        await fixture.ReadAndAcknowledgeAsync(10);

        File.Delete(fixture.Options.Folder);
        Directory.Move(fixture.Options.Folder + ".later", fixture.Options.Folder);
        await AdvanceUntilHealthyAsync(fixture);
        await fixture.WrittenWhenDueAsync();
        fixture.Time.Advance(QueueWriter.DeletionDelay);
        await fixture.ReopenAsync(); // which clears the disk of what was acknowledged, too

        Assert.Equal(15, fixture.Statistics.Depth);
        var records = await fixture.ReadAsync(15);
        Assert.Equal([.. QueueFixture.Numbers(1, 5), .. QueueFixture.Numbers(16, 10)], QueueFixture.Texts(records));
    }

    [Fact]
    public async Task A_late_acknowledgement_is_not_taken_for_that_of_a_backlog_that_turned_up()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        await fixture.AcceptedAsync(5);
        await fixture.Queue.DisposeAsync();
        Directory.Move(fixture.Options.Folder, fixture.Options.Folder + ".later");
        await File.WriteAllTextAsync(fixture.Options.Folder, "not mounted yet");
        await fixture.OpenAsync();
        fixture.Accepted.Clear();
        fixture.AppendMany(6, 4);
        await fixture.AcceptedAsync(4);
        var early = await fixture.ReadAsync(4);

        File.Delete(fixture.Options.Folder);
        Directory.Move(fixture.Options.Folder + ".later", fixture.Options.Folder);
        await AdvanceUntilHealthyAsync(fixture);
        var records = await fixture.ReadAsync(9);
        fixture.Reader.Acknowledge(early[0].Position);
        fixture.Reader.Park(early[1].Position, "no");
        fixture.Reader.TryForget(3, early[2].Position);
        fixture.Reader.Repeat(early[3].Position);

        Assert.True(await fixture.IsDrainedAsync());
        Assert.Equal(9, fixture.Statistics.Depth);
        Assert.Equal(QueueFixture.Numbers(1, 9), QueueFixture.Texts(records));
        Assert.Empty(early.Select(record => record.Position).Intersect(records.Select(record => record.Position)));
        fixture.Reader.Park(records[0].Position, "no");
        QueueFixture.Acknowledge(fixture.Reader, records[1..]);
        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: 1 });
        fixture.Queue.Append(fixture.Time.GetUtcNow(), QueueFixture.Device, "flow", new byte[] { 65 }, isUrgent: false, out var position);
        Assert.Equal(position, Assert.Single(await fixture.ReadAsync(1)).Position);
        await Eventually.TrueAsync(() => fixture.SecuredThrough == position);
    }

    [Fact]
    public async Task A_file_of_a_newer_gateway_is_left_alone()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        await fixture.ReopenAsync();
        await fixture.Queue.DisposeAsync();
        Execute(fixture.File, "PRAGMA user_version = 99; PRAGMA application_id = 0x67770063");

        await fixture.OpenAsync();
        Assert.Equal(
            (QueueHealth.MemoryOnly, $"{fixture.File} was written by a newer gateway (schema 99, this one knows {QueueSchema.Migrations.Count}): update the gateway or move the file away"),
            (fixture.Statistics.Health, fixture.Statistics.Trouble));
        fixture.AppendMany(4, 1);
        Assert.Equal(["4"], QueueFixture.Texts(await fixture.ReadAsync(1)));

        Execute(fixture.File, $"PRAGMA user_version = {QueueSchema.Migrations.Count}; PRAGMA application_id = {0x67770000 + QueueSchema.Migrations.Count}");
        await AdvanceUntilHealthyAsync(fixture);
        Assert.Equal(["1", "2", "3", "4"], QueueFixture.Texts(await fixture.ReadAsync(4)));
    }

    [Fact]
    public async Task Two_gateways_do_not_share_a_folder()
    {
        await using var first = new QueueFixture();
        await first.OpenAsync();
        await using var second = new QueueFixture { Options = first.Options };
        await second.OpenAsync();

        Assert.Equal((QueueHealth.MemoryOnly, $"{first.Options.Folder} is in use by another gateway"), (second.Statistics.Health, second.Statistics.Trouble));
        Assert.NotEqual(first.Queue.Boot, second.Queue.Boot);
        await first.Queue.DisposeAsync();
        await AdvanceUntilHealthyAsync(second);
    }

    [Fact]
    public async Task While_another_program_locks_the_file_records_wait_in_memory()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 2);
        await fixture.AcceptedAsync(2);
        using (var other = new SqliteConnection($"Data Source={fixture.File};Pooling=False"))
        {
            await other.OpenAsync();
            Execute(other, "BEGIN IMMEDIATE");
            fixture.AppendMany(3, 2);
            await fixture.HealthAsync(QueueHealth.MemoryOnly);
            await fixture.AcceptedAsync(4);
            Assert.Equal($"{fixture.File} is locked by another program", fixture.Statistics.Trouble);
            Assert.Equal(["1", "2", "3", "4"], QueueFixture.Texts(await fixture.ReadAsync(4)));
        }

        await AdvanceUntilHealthyAsync(fixture);
        await fixture.WrittenWhenDueAsync();
        Assert.Equal(4, QueueInspector.Inspect(fixture.Options.Folder)!.Records);
        Assert.Equal(4, fixture.Statistics.Depth);
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Fact]
    public async Task What_a_damaged_log_has_lost_and_memory_still_has_is_written_again()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        await fixture.WrittenAsync();
        using var before = new TemporaryFolder();
        var files = new[] { fixture.File, fixture.File + "-wal" };
        Array.ForEach(files, file => File.Copy(file, Path.Combine(before, Path.GetFileName(file))));
        fixture.AppendMany(6, 5);
        await fixture.WrittenAsync();
        var records = await fixture.ReadAsync(10);
        fixture.Reader.Acknowledge(records[8].Position);
        using (var other = new SqliteConnection($"Data Source={fixture.File};Pooling=False"))
        {
            await other.OpenAsync();
            Execute(other, "BEGIN IMMEDIATE");
            fixture.AppendMany(11, 1);
            await fixture.HealthAsync(QueueHealth.MemoryOnly); // and the file is closed
        }

        Array.ForEach(files, file => File.Copy(Path.Combine(before, Path.GetFileName(file)), file, overwrite: true));
        File.Delete(fixture.File + "-shm");
        await AdvanceUntilHealthyAsync(fixture);
        await fixture.WrittenWhenDueAsync();

        Assert.Equal(10, fixture.Statistics.Depth);
        await fixture.ReopenAsync();
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7", "8", "10", "11"], QueueFixture.Texts(await fixture.ReadAsync(10)));
    }

    [Fact]
    public async Task A_place_that_the_disk_does_not_give_is_tried_again_before_the_file_is_given_up()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 500, 300);
        await fixture.WrittenAsync();
        await fixture.Queue.DisposeAsync();
        Damage(fixture.File, "garbage in the middle");
        var looks = 0;
        fixture.Options = fixture.Options with
        {
            FindBadPlace = _ =>
            {
                looks++;
                return 4096;
            },
        };
        await fixture.OpenAsync();
        var reading = fixture.ReadAsync((int)fixture.Statistics.Depth);
        await Eventually.TrueAsync(() => fixture.Statistics.Health == QueueHealth.MemoryOnly);
        Assert.Equal($"the disk that holds {fixture.File} does not give what is at byte 4096", fixture.Statistics.Trouble);
        Assert.Null(fixture.Statistics.SetAside);

        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics is { Health: QueueHealth.Healthy, SetAside: not null };
        });
        Assert.Equal(5, looks); // one for each failure, and one before it is salvaged
        fixture.AppendMany(501, 500);
        var numbers = QueueFixture.Texts(await reading).Select(int.Parse).ToList();
        Assert.Equal(numbers.Distinct().Order(), numbers);
    }

    [Fact]
    public async Task A_fault_in_what_deals_with_trouble_is_told_and_readings_go_on()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 500, 300);
        await fixture.WrittenAsync();
        await fixture.Queue.DisposeAsync();
        Damage(fixture.File, "garbage in the middle");
        var isFaulty = true;
        fixture.Options = fixture.Options with { FindBadPlace = _ => isFaulty ? throw new NotSupportedException("Nobody thought of this.") : null };
        await fixture.OpenAsync();
        var reading = fixture.ReadAsync(1000);
        await Eventually.TrueAsync(() => fixture.Statistics.Trouble == "the queue's writer failed: Nobody thought of this");
        fixture.AppendMany(501, 500);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Accepted.Count == 1000;
        });

        isFaulty = false;
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics is { Health: QueueHealth.Healthy, SetAside: not null };
        });
        fixture.AppendMany(1001, 1000);
        Assert.Superset(Enumerable.Range(501, 500).ToHashSet(), QueueFixture.Texts(await reading).Select(int.Parse).ToHashSet());
    }

    [Fact]
    public async Task A_file_that_is_opened_again_before_a_record_of_this_start_is_in_it_is_the_same_file()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        var read = await fixture.ReadAsync(3);
        fixture.Reader.Park(read[1].Position, "no");
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        await fixture.ReopenAsync();
        Assert.Equal(["1", "3"], QueueFixture.Texts(await fixture.ReadAsync(2)));
        fixture.Queue.RetryParked();
        Assert.Equal(["2"], QueueFixture.Texts(await fixture.ReadAsync(1)));
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 0);

        await WhileLockedAsync(fixture, () => fixture.AppendMany(4, 1));

        Assert.Equal(["4"], QueueFixture.Texts(await fixture.ReadAsync(1)));
        Assert.True(await fixture.IsDrainedAsync());
        Assert.Equal(4, fixture.Statistics.Depth);
    }

    [Fact]
    public async Task What_is_asked_for_while_the_disk_is_in_trouble_is_done_once_it_is_not()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 2);
        var read = await fixture.ReadAsync(2);
        fixture.Reader.Park(read[0].Position, "no");
        fixture.Reader.Acknowledge(read[1].Position);
        await Eventually.TrueAsync(() => fixture.Statistics is { Parked: 1, Depth: 0 });
        await WhileLockedAsync(fixture, fixture.Queue.RetryParked);
        Assert.Equal(["1"], QueueFixture.Texts(read = await fixture.ReadAsync(1)));
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 0);
        Assert.True(await fixture.IsDrainedAsync());

        fixture.Reader.Park(read[0].Position, "no");
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        await WhileLockedAsync(fixture, fixture.Queue.PurgeParked);
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 0);
    }

    [Theory]
    [InlineData("UPDATE record SET time = 9223372036854775807 WHERE position = 1")]
    [InlineData("UPDATE record SET time = -9223372036854775808, uptime = NULL WHERE position = 2")]
    [InlineData("UPDATE record SET uptime = 9223372036854775807")]
    [InlineData("UPDATE record SET uptime = -600000000000000000, unsynchronised = 1 WHERE position = 2")]
    [InlineData("UPDATE boot SET offset = 9223372036854775807; UPDATE record SET unsynchronised = 1")]
    [InlineData("UPDATE boot SET offset = -600000000000000000; UPDATE record SET unsynchronised = 1")]
    public async Task A_row_with_an_impossible_time_holds_up_nothing(string damage)
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        await fixture.WrittenAsync();
        await fixture.Queue.DisposeAsync();
        Execute(fixture.File, damage);

        await fixture.OpenAsync();
        fixture.Accepted.Clear();
        fixture.Time.Advance(TimeSpan.FromMinutes(2)); // somebody looks for what is too old
        for (var n = 1; n <= 3; n++)
        {
            fixture.AppendMany(3 + n, 1);
            await fixture.AcceptedAsync(n);
        }

        await fixture.HealthAsync(QueueHealth.Healthy);
        var records = await fixture.ReadAsync(6);

        Assert.Equal(QueueFixture.Numbers(1, 6), QueueFixture.Texts(records));
        Assert.All(records, record => Assert.True(record.IsUnsynchronised || (record.Time - fixture.Time.GetUtcNow()).Duration() < TimeSpan.FromHours(1), $"{record.Time}"));
        Assert.Equal(6, QueueInspector.Inspect(fixture.Options.Folder)!.Records);
    }

    [Fact]
    public async Task A_parked_record_with_an_impossible_time_comes_again()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 1);
        fixture.Reader.Park((await fixture.ReadAsync(1))[0].Position, "no");
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        await fixture.Queue.DisposeAsync();
        Execute(fixture.File, "UPDATE parked SET time = 9223372036854775807");

        await fixture.OpenAsync();
        fixture.Queue.RetryParked();
        var record = Assert.Single(await fixture.ReadAsync(1));

        Assert.True(record.IsUnsynchronised);
        Assert.Equal(QueueHealth.Healthy, fixture.Statistics.Health);
    }

    [Fact]
    public async Task A_fault_that_is_not_the_disks_ends_nothing()
    {
        using var folder = new TemporaryFolder();
        var (time, observer) = (new ManualTimeProvider(), new Stumbling());
        await using var queue = await OfflineQueue.OpenAsync(
            new QueueOptions { Folder = folder, MaxLoss = TimeSpan.Zero }, observer, time, NullLogger<OfflineQueue>.Instance);
        queue.Append(time.GetUtcNow(), "meter", "flow", new byte[] { 1 });
        await Eventually.TrueAsync(() => queue.GetStatistics().Health == QueueHealth.MemoryOnly);
        Assert.Equal("the queue's writer failed: stumbled", queue.GetStatistics().Trouble);

        queue.Append(time.GetUtcNow(), "meter", "flow", new byte[] { 2 });
        await Eventually.TrueAsync(() => observer.Accepted == 2);
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return queue.GetStatistics() is { Health: QueueHealth.Healthy, Unwritten: 0 };
        });
        Assert.Equal(2, QueueInspector.Inspect(folder)!.Records);
    }

    [Theory]
    [InlineData(FullPolicy.DropOldest, 1)]
    [InlineData(FullPolicy.DropNewest, 1)]
    [InlineData(FullPolicy.Block, 1)]
    [InlineData(FullPolicy.DropNewest, 0)]
    [InlineData(FullPolicy.Block, 0)]
    public async Task Memory_is_bounded_when_it_is_all_there_is_and_whoever_is_on_site_sees_everything(FullPolicy policy, int maxLossSeconds)
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(maxLossSeconds), MemoryLimitBytes = 100_000, WhenFull = policy };
        await File.WriteAllTextAsync(fixture.Options.Folder, "");
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        List<AppendOutcome> outcomes = [];
        for (var n = 1; n <= 1000; n++)
        {
            outcomes.Add(fixture.Append($"{n}"));
            await fixture.AcceptedAsync(n);
            await Eventually.TrueAsync(() => maxLossSeconds > 0 || outcomes[^1] != AppendOutcome.Taken || fixture.SecuredThrough >= n);
        }

        var depth = (int)fixture.Statistics.Depth;
        Assert.InRange(depth, 400, 500);
        Assert.InRange(fixture.Statistics.MemoryBytes, 90_000, 100_000);
        Assert.Equal(1000 - depth, fixture.Statistics.Dropped);
        var (first, other) = policy switch
        {
            FullPolicy.DropOldest => (1001 - depth, AppendOutcome.Taken),
            FullPolicy.DropNewest => (1, AppendOutcome.Dropped),
            _ => (1, AppendOutcome.Refused),
        };
        Assert.Equal(other, outcomes[^1]);
        Assert.Equal(QueueFixture.Numbers(1, 1000), QueueFixture.Texts(fixture.Accepted));
        Assert.Equal(QueueFixture.Numbers(first, depth), QueueFixture.Texts(await fixture.ReadAsync(depth)));
    }

    [Theory]
    [InlineData(FullPolicy.DropNewest, 10)]
    [InlineData(FullPolicy.Block, 10)]
    [InlineData(FullPolicy.Block, 2000)]
    public async Task What_comes_in_bursts_is_seen_on_site_when_memory_is_full_and_all_there_is(FullPolicy policy, int burst)
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.Zero, MemoryLimitBytes = 100_000, WhenFull = policy };
        await File.WriteAllTextAsync(fixture.Options.Folder, "");
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        var count = 0;
        for (; count < 2000; count += burst)
        {
            for (var n = 1; n <= burst; n++)
            {
                fixture.Append($"{count + n}");
            }

            // Of more than memory and a part of it hold at once the last are seen by nobody; those that come after them are.
            await Eventually.TrueAsync(() => burst > 10 || fixture.Accepted.Count == count + burst);
        }

        await Eventually.TrueAsync(() =>
        {
            if (fixture.Accepted.LastOrDefault()?.Position == count)
            {
                return true;
            }

            fixture.Append($"{++count}");
            return false;
        });
        var seen = fixture.Accepted.Select(record => record.Position).ToList();
        Assert.Equal(seen.Order(), seen);
        Assert.True(burst > 10 || seen.Count == count, $"{seen.Count} of {count}");
        Assert.InRange(fixture.Statistics.MemoryBytes, 90_000, 106_250);
    }

    [Fact]
    public void There_is_nothing_to_inspect_where_no_queue_is() => Assert.Null(QueueInspector.Inspect("/nowhere"));

    [Fact]
    public async Task A_file_that_cannot_be_inspected_is_an_error_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder, "queue.db");
        await File.WriteAllTextAsync(file, new string('x', 200));

        var exception = Assert.Throws<StorageException>(() => QueueInspector.Inspect(folder));

        Assert.Equal($"{file} is not a database", exception.Message);
    }

    [Fact]
    public async Task A_salvaged_queue_goes_on_with_the_numbers_of_its_records_when_the_copy_of_the_last_is_gone_too()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 250, 300);
        await fixture.AcceptedAsync(250);
        await fixture.ReopenAsync();
        fixture.AppendMany(251, 250, 300);
        await fixture.AcceptedAsync(250);
        await fixture.Queue.DisposeAsync();
        Damage(fixture.File, "garbage in the middle");
        File.Delete(Path.Combine(fixture.Options.Folder, "boot"));

        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        fixture.AppendMany(501, 1);
        var records = await fixture.ReadAsync((int)fixture.Statistics.Depth);

        Assert.Equal([1, 2, 3], records.Select(record => record.Boot).Distinct());
    }

    private static async Task WhileLockedAsync(QueueFixture fixture, Action action)
    {
        using (var other = new SqliteConnection($"Data Source={fixture.File};Pooling=False"))
        {
            await other.OpenAsync();
            Execute(other, "BEGIN IMMEDIATE");
            action();
            await fixture.HealthAsync(QueueHealth.MemoryOnly);
        }

        await AdvanceUntilHealthyAsync(fixture);
    }

    private static Task AdvanceUntilHealthyAsync(QueueFixture fixture) => Eventually.TrueAsync(
        () =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        },
        () => $"{fixture.Statistics.Trouble}");

    private static void Damage(string path, string how)
    {
        var bytes = File.ReadAllBytes(path);
        Assert.InRange(bytes.Length, 100_000, 1_000_000);
        switch (how)
        {
            case "text":
                File.WriteAllText(path, string.Concat(Enumerable.Repeat("This is not a database. ", 1000)));
                break;
            case "truncated":
                File.WriteAllBytes(path, bytes[..(bytes.Length / 3)]);
                break;
            case "zeroed pages":
                Array.Clear(bytes, 4096 * 2, bytes.Length - (4096 * 2));
                File.WriteAllBytes(path, bytes);
                break;
            default:
                new Random(1).NextBytes(bytes.AsSpan(4096 * 8, 4096 * 8));
                File.WriteAllBytes(path, bytes);
                break;
        }
    }

    private static void Execute(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        Execute(connection, sql);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Does not take the first record that is offered, the first time.</summary>
    private sealed class Stumbling : IQueueObserver
    {
        private bool _hasStumbled;

        public int Accepted { get; private set; }

        void IQueueObserver.Accepted(QueueRecord record)
        {
            if (!_hasStumbled)
            {
                _hasStumbled = true;
                throw new InvalidOperationException("stumbled.");
            }

            Accepted++;
        }
    }
}
