using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Tests.Queue;

/// <summary>The disk, the folder or the file is in trouble: the queue opens and works all the same, and says what is wrong.</summary>
public class TroubleTests
{
    public static TheoryData<string> Damages => ["text", "truncated", "zeroed pages", "garbage in the middle"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_file_is_set_aside_under_a_dated_name_and_a_new_one_begun(string damage)
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
        Assert.Equal(0, fixture.Statistics.Depth);
        fixture.AppendMany(1, 3);
        await fixture.ReopenAsync();
        Assert.Equal(["1", "2", "3"], QueueFixture.Texts(await fixture.ReadAsync(3)));
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
        await fixture.WrittenAsync();

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
    public async Task A_file_of_a_newer_gateway_is_left_alone()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        await fixture.ReopenAsync();
        await fixture.Queue.DisposeAsync();
        Execute(fixture.File, "PRAGMA user_version = 99");

        await fixture.OpenAsync();
        Assert.Equal(
            (QueueHealth.MemoryOnly, $"{fixture.File} was written by a newer gateway (schema 99, this one knows {QueueSchema.Migrations.Count}): update the gateway or move the file away"),
            (fixture.Statistics.Health, fixture.Statistics.Trouble));
        fixture.AppendMany(4, 1);
        Assert.Equal(["4"], QueueFixture.Texts(await fixture.ReadAsync(1)));

        Execute(fixture.File, $"PRAGMA user_version = {QueueSchema.Migrations.Count}");
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
        await fixture.WrittenAsync();
        Assert.Equal(4, QueueInspector.Inspect(fixture.Options.Folder)!.Records);
        Assert.Equal(4, fixture.Statistics.Depth);
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Theory]
    [InlineData(FullPolicy.DropOldest)]
    [InlineData(FullPolicy.DropNewest)]
    [InlineData(FullPolicy.Block)]
    public async Task Memory_is_bounded_when_it_is_all_there_is(FullPolicy policy)
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(1), MemoryLimitBytes = 100_000, WhenFull = policy };
        await File.WriteAllTextAsync(fixture.Options.Folder, "");
        await fixture.OpenAsync();
        var outcomes = Enumerable.Range(1, 1000).Select(n => fixture.Append($"{n}")).ToList();

        var depth = (int)fixture.Statistics.Depth;
        Assert.InRange(depth, 400, 500);
        Assert.InRange(fixture.Statistics.MemoryBytes, 90_000, 100_000);
        Assert.Equal(1000 - depth, fixture.Statistics.Dropped);
        var (first, other, accepted) = policy switch
        {
            FullPolicy.DropOldest => (1001 - depth, AppendOutcome.Taken, 1000),
            FullPolicy.DropNewest => (1, AppendOutcome.Dropped, 1000),
            _ => (1, AppendOutcome.Refused, depth),
        };
        Assert.Equal(other, outcomes[^1]);
        Assert.Equal(accepted, fixture.Accepted.Count);
        Assert.Equal(QueueFixture.Numbers(first, depth), QueueFixture.Texts(await fixture.ReadAsync(depth)));
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
}
