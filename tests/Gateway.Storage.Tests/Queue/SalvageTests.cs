using Gateway.Storage.Queue;
using Gateway.Storage.Sqlite;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>A damaged file becomes a new one, whatever comes between.</summary>
public class SalvageTests
{
    private const int Records = 6000;

    [Fact]
    public async Task A_salvage_that_ends_in_its_middle_begins_anew_at_the_next_start()
    {
        await using var fixture = new QueueFixture();
        await DamageAsync(fixture);
        var asked = 0;
        fixture.Options = fixture.Options with { FreeBytes = () => ++asked > 3 ? throw new InvalidOperationException("killed") : long.MaxValue / 2 };
        await fixture.OpenAsync();
        Assert.Contains("writer failed", fixture.Statistics.Trouble);
        Assert.True(File.Exists(fixture.Options.PartialFile));
        await fixture.Queue.DisposeAsync();

        fixture.Options = fixture.Options with { FreeBytes = null };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        Assert.Equal(Records, fixture.Statistics.Depth);
        Assert.False(File.Exists(fixture.Options.PartialFile));
        Assert.Equal(QueueFixture.Numbers(1, Records), QueueFixture.Texts(await fixture.ReadAsync(Records)));
    }

    [Theory]
    [InlineData("nothing was renamed")]
    [InlineData("the damaged file was set aside")]
    [InlineData("all but its log was set aside")]
    public async Task A_salvage_that_ends_between_two_names_goes_on_at_the_next_start(string where)
    {
        await using var fixture = new QueueFixture();
        await DamageAsync(fixture);
        var damaged = await File.ReadAllBytesAsync(fixture.File);
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        await fixture.Queue.DisposeAsync();
        File.Move(fixture.File, fixture.Options.SalvagedFile);
        if (where == "nothing was renamed")
        {
            SqliteFile.DeleteSetAside(fixture.File);
            await File.WriteAllBytesAsync(fixture.File, damaged);
        }
        else if (where == "all but its log was set aside")
        {
            await File.WriteAllBytesAsync(fixture.File + "-wal", damaged);
        }

        await fixture.OpenAsync();

        await fixture.HealthAsync(QueueHealth.Healthy);
        Assert.Equal(Records, fixture.Statistics.Depth);
        Assert.Equal(QueueFixture.Numbers(1, Records), QueueFixture.Texts(await fixture.ReadAsync(Records)));
        Assert.Equal(damaged, await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(fixture.Options.Folder, "*.corrupt.db"))));
        Assert.False(File.Exists(fixture.Options.SalvagedFile));
    }

    [Fact]
    public async Task Without_room_for_a_new_file_nothing_is_written_until_there_is()
    {
        await using var fixture = new QueueFixture();
        await DamageAsync(fixture);
        var earlier = Path.Combine(fixture.Options.Folder, "queue-20251122T010203Z.corrupt.db");
        await File.WriteAllTextAsync(earlier, "of last year");
        var free = 1_000_000L;
        fixture.Options = fixture.Options with { FreeBytes = () => free };
        await fixture.OpenAsync();

        Assert.Equal(QueueHealth.MemoryOnly, fixture.Statistics.Health);
        Assert.StartsWith($"{fixture.File} is not a database, and the disk has no room for a new one: free ", fixture.Statistics.Trouble, StringComparison.Ordinal);
        Assert.False(File.Exists(earlier)); // these go first
        Assert.False(File.Exists(fixture.Options.PartialFile));
        fixture.AppendMany(Records + 1, 1);
        free = long.MaxValue / 2;
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        });
        Assert.Equal(QueueFixture.Numbers(1, Records + 1), QueueFixture.Texts(await fixture.ReadAsync(Records + 1)));
    }

    [Theory]
    [InlineData(FullPolicy.DropOldest)]
    [InlineData(FullPolicy.DropNewest)]
    public async Task What_has_no_room_in_the_new_file_is_counted(FullPolicy policy)
    {
        await using var fixture = new QueueFixture();
        await DamageAsync(fixture);
        fixture.Options = fixture.Options with { WhenFull = policy };
        fixture.Options = fixture.Options with { FreeBytes = () => 4_500_000 - SqliteFile.Measure(fixture.Options.PartialFile) };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);

        var left = (int)fixture.Statistics.Depth;
        Assert.InRange(left, 1000, Records - 1000);
        Assert.Equal(Records, left + fixture.Statistics.Dropped);
        Assert.Equal(
            [new QueueDrops(QueueFixture.Device, policy == FullPolicy.DropOldest ? DropReason.Oldest : DropReason.Newest, Records - left)],
            fixture.Statistics.Drops);
        Assert.Equal(QueueFixture.Numbers(policy == FullPolicy.DropOldest ? Records - left + 1 : 1, left), QueueFixture.Texts(await fixture.ReadAsync(left)));
    }

    [Fact]
    public async Task Parked_records_and_the_times_of_boots_are_salvaged_too()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        var read = await fixture.ReadAsync(3);
        fixture.Reader.Park(read[1].Position, "the topic is not allowed");
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        await fixture.Queue.DisposeAsync();
        var expected = Assert.Single(QueueInspector.ListParked(fixture.Options.Folder)!);
        using (var connection = SqliteFile.Open(fixture.File, QueueSchema.Migrations, QueueSchema.Oldest, out _))
        {
            SqliteFile.Execute(
                connection,
                "UPDATE boot SET machine = 'earlier', offset = 1795000000000000; UPDATE record SET time = 30000000, uptime = 30000000, unsynchronised = 1");
        }

        await DamageHeaderAsync(fixture.File);
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);

        Assert.Equal(1, fixture.Statistics.Parked);
        var parked = Assert.Single(QueueInspector.ListParked(fixture.Options.Folder)!);
        Assert.Equal(("uplink", "the topic is not allowed", expected.Record.Boot, expected.Record.Sequence, "2"), (parked.Reader, parked.Reason, parked.Record.Boot, parked.Record.Sequence, QueueFixture.Texts([parked.Record])[0]));
        Assert.Equal((expected.Record.Time, "meter", "flow"), (parked.Record.Time, parked.Record.Device, parked.Record.Point));
        read = await fixture.ReadAsync(2);
        Assert.Equal(["1", "3"], QueueFixture.Texts(read));
        Assert.All(read, record => Assert.Equal((false, DateTimeOffset.FromUnixTimeSeconds(1_795_000_030)), (record.IsUnsynchronised, record.Time)));
    }

    [Fact]
    public async Task An_error_of_the_moment_in_its_middle_costs_nothing()
    {
        await using var fixture = new QueueFixture();
        await DamageAsync(fixture);
        var failures = 0;
        fixture.Options = fixture.Options with { FreeBytes = () => IsHalfway(fixture) && ++failures <= 3 ? throw new IOException("Input/output error") : long.MaxValue / 2 };
        await fixture.OpenAsync();
        Assert.Equal(QueueHealth.MemoryOnly, fixture.Statistics.Health);

        await AdvanceUntilHealthyAsync(fixture);
        Assert.Equal(Records, fixture.Statistics.Depth);
        Assert.Equal(QueueFixture.Numbers(1, Records), QueueFixture.Texts(await fixture.ReadAsync(Records)));
    }

    [Fact]
    public async Task After_four_errors_it_goes_on_with_what_could_be_read()
    {
        await using var fixture = new QueueFixture();
        await DamageAsync(fixture);
        fixture.Options = fixture.Options with { FreeBytes = () => IsHalfway(fixture) ? throw new IOException("Input/output error") : long.MaxValue / 2 };
        await fixture.OpenAsync();

        await AdvanceUntilHealthyAsync(fixture);
        Assert.InRange(fixture.Statistics.Depth, Records / 4, Records - 1);
        Assert.Contains($"Offline queue: {fixture.File} could not be read to its end: Input/output error", fixture.Log);
    }

    [Theory]
    [InlineData("a column's name")]
    [InlineData("a table's name")]
    [InlineData("an index's name")]
    [InlineData("the version, greater")]
    [InlineData("the version, smaller")]
    [InlineData("the version, one greater")]
    [InlineData("the mark")]
    public async Task One_bit_of_the_schema_costs_no_record(string where)
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 100);
        await fixture.WrittenAsync();
        await fixture.Queue.DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(fixture.File);
        var at = where switch
        {
            "a column's name" => bytes.AsSpan().IndexOf("sequence INTEGER"u8),
            "a table's name" => bytes.AsSpan().IndexOf("recordrecord"u8),
            "an index's name" => bytes.AsSpan().IndexOf("urgent_record"u8),
            "the version, greater" => 60, // user_version: "Database File Format", §1.3
            "the mark" => 71, // application_id
            _ => 63,
        };
        Assert.InRange(at, 1, 4095);
        bytes[at] ^= (byte)(where == "the version, smaller" ? 4 : 1);
        await File.WriteAllBytesAsync(fixture.File, bytes);

        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);

        Assert.NotNull(fixture.Statistics.SetAside);
        Assert.Equal(QueueFixture.Numbers(1, 100), QueueFixture.Texts(await fixture.ReadAsync(100)));
    }

    /// <summary>A file of which everything but the header is sound.</summary>
    private static async Task DamageAsync(QueueFixture fixture)
    {
        fixture.Options = fixture.Options with { MaxSizeBytes = 20_000_000 };
        await fixture.OpenAsync();
        for (var n = 1; n <= Records; n += 1000)
        {
            fixture.AppendMany(n, 1000, 300);
            await fixture.WrittenAsync();
        }

        await fixture.Queue.DisposeAsync();
        await DamageHeaderAsync(fixture.File);
    }

    private static bool IsHalfway(QueueFixture fixture) => SqliteFile.Measure(fixture.Options.PartialFile) > Records * 300 / 2;

    private static Task AdvanceUntilHealthyAsync(QueueFixture fixture) => Eventually.TrueAsync(
        () =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        },
        () => $"{fixture.Statistics.Trouble}");

    private static async Task DamageHeaderAsync(string path)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        "not a database"u8.CopyTo(bytes);
        await File.WriteAllBytesAsync(path, bytes);
    }
}
