using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;

namespace Gateway.Storage.Tests.Queue;

/// <summary>Which record comes next: urgent ones, live ones and the backlog.</summary>
public class DrainOrderTests
{
    public static TheoryData<DrainOrder> Orders => [DrainOrder.Strict, DrainOrder.LiveFirst];

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task What_is_urgent_overtakes_what_waits_in_memory(DrainOrder order)
    {
        await using var fixture = await OpenAsync(order);
        fixture.AppendMany(1, 100);
        fixture.AppendUrgent("fire");
        fixture.AppendMany(101, 100);
        fixture.AppendUrgent("flood");
        fixture.Reader.BeginLive();

        var read = await fixture.ReadAsync(202);
        Assert.Equal(["fire", "flood", .. QueueFixture.Numbers(1, 200)], QueueFixture.Texts(read));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task What_is_urgent_overtakes_what_waits_on_the_disk(DrainOrder order)
    {
        await using var fixture = await OpenAsync(order);
        fixture.AppendMany(1, 3000);
        fixture.AppendUrgent("fire");
        fixture.AppendMany(3001, 100);
        fixture.AppendUrgent("flood");
        await fixture.ReopenAsync();
        fixture.Reader.BeginLive();

        var read = await fixture.ReadAsync(3102);
        Assert.Equal("fire", QueueFixture.Texts(read).First(text => text.StartsWith('f')));
        Assert.True(QueueFixture.Texts(read).ToList().IndexOf("flood") < 2000, "it waited for the backlog");
        Assert.Equal(QueueFixture.Numbers(1, 3100), QueueFixture.Texts(read.Where(record => !record.IsUrgent)));
        QueueFixture.Acknowledge(fixture.Reader, read);
        Assert.Equal(0, fixture.Statistics.Depth);

        // On the disk it is gone, too.
        await fixture.ReopenAsync();
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Fact]
    public async Task What_is_live_comes_first_and_the_backlog_is_marked_each_in_order()
    {
        await using var fixture = await OpenAsync(DrainOrder.LiveFirst);
        fixture.AppendMany(1, 3000);
        await fixture.ReopenAsync();
        fixture.Reader.BeginLive();
        var before = await fixture.ReadAsync(500);
        fixture.AppendMany(3001, 5);
        var after = await fixture.ReadAsync(2505);

        Assert.All(before, record => Assert.True(record.IsBacklog));
        Assert.Equal(QueueFixture.Numbers(1, 3000), QueueFixture.Texts(before.Concat(after).Where(record => record.IsBacklog)));
        Assert.Equal(QueueFixture.Numbers(3001, 5), QueueFixture.Texts(after.Where(record => !record.IsBacklog)));
        Assert.True(QueueFixture.Texts(after).ToList().IndexOf("3005") < 10, "live ones waited for the backlog");
        QueueFixture.Acknowledge(fixture.Reader, before.Concat(after));
        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Fact]
    public async Task A_flood_of_live_ones_leaves_the_backlog_its_share()
    {
        await using var fixture = await OpenAsync(DrainOrder.LiveFirst);
        fixture.AppendMany(1, 1000);
        fixture.Reader.BeginLive();
        fixture.AppendMany(1001, 1000);

        var read = await fixture.ReadAsync(400);
        Assert.Equal(100, read.Count(record => record.IsBacklog));
    }

    [Fact]
    public async Task However_narrow_the_window_the_backlog_has_a_third_of_what_is_live_under_way()
    {
        await using var fixture = await OpenAsync(DrainOrder.LiveFirst);
        fixture.AppendMany(1, 1000);
        fixture.Reader.BeginLive();
        fixture.Reader.Window = 32;
        fixture.AppendMany(1001, 1500);

        var read = await fixture.ReadAsync(2000);
        Assert.Equal(500, read.Count(record => record.IsBacklog));
        Assert.True(await fixture.IsDrainedAsync());

        // With fewer live ones under way it has a third of those, and the next read is woken when there is room.
        QueueFixture.Acknowledge(fixture.Reader, read.Where(record => !record.IsBacklog).Take(1200));
        Assert.True(await fixture.IsDrainedAsync());
        var waiting = fixture.ReadAsync(25);
        QueueFixture.Acknowledge(fixture.Reader, read.Where(record => record.IsBacklog).Take(424));
        Assert.False(waiting.IsCompleted);
        QueueFixture.Acknowledge(fixture.Reader, read.Where(record => record.IsBacklog).Skip(424).Take(1));
        Assert.Equal(QueueFixture.Numbers(501, 25), QueueFixture.Texts(await waiting));
        Assert.True(await fixture.IsDrainedAsync());

        // Without live ones the window alone counts.
        QueueFixture.Acknowledge(fixture.Reader, read.Where(record => !record.IsBacklog).Skip(1200));
        QueueFixture.Acknowledge(fixture.Reader, read.Where(record => record.IsBacklog).Skip(425));
        Assert.Equal(QueueFixture.Numbers(526, 7), QueueFixture.Texts(await fixture.ReadAsync(7)));
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Fact]
    public async Task What_is_live_waits_neither_for_an_allowance_nor_uses_it_up()
    {
        await using var fixture = await OpenAsync(DrainOrder.LiveFirst);
        fixture.AppendMany(1, 100);
        fixture.Reader.BeginLive();
        fixture.Reader.Allow(3);
        Assert.True(QueueFixture.Texts(await fixture.ReadAsync(3)) is ["1", "2", "3"]);
        fixture.AppendMany(101, 10);
        Assert.Equal(QueueFixture.Numbers(101, 10), QueueFixture.Texts(await fixture.ReadAsync(10)));
        Assert.True(await fixture.IsDrainedAsync());
        var waiting = fixture.ReadAsync(2);
        fixture.Reader.Allow(2);
        Assert.Equal(["4", "5"], QueueFixture.Texts(await waiting));
    }

    [Fact]
    public async Task Live_ones_that_memory_could_not_hold_become_backlog_in_order()
    {
        await using var fixture = await OpenAsync(DrainOrder.LiveFirst, options => options with { MemoryLimitBytes = 200_000 });
        fixture.AppendMany(1, 10);
        fixture.Reader.BeginLive();
        fixture.Reader.Allow(0);
        for (var n = 11; n <= 3000; n += 130)
        {
            fixture.AppendMany(n, 130, 300);
            await fixture.WrittenWhenDueAsync();
        }

        var read = await fixture.ReadAsync(100);
        fixture.Reader.Allow(int.MaxValue);
        read.AddRange(await fixture.ReadAsync(3000 - 100));
        QueueFixture.Acknowledge(fixture.Reader, read);

        Assert.All(read.Take(100), record => Assert.False(record.IsBacklog));
        Assert.Equal(3000, read.Select(record => record.Position).Distinct().Count());
        foreach (var isBacklog in new[] { true, false })
        {
            var positions = read.Where(record => record.IsBacklog == isBacklog).Select(record => record.Position).ToList();
            Assert.Equal(positions.Order(), positions);
        }

        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Fact]
    public async Task A_new_connection_makes_backlog_of_what_was_live()
    {
        await using var fixture = await OpenAsync(DrainOrder.LiveFirst);
        fixture.Reader.BeginLive();
        fixture.AppendMany(1, 10);
        Assert.All(await fixture.ReadAsync(4), record => Assert.False(record.IsBacklog));
        fixture.AppendMany(11, 10);
        fixture.Reader.BeginLive();
        fixture.AppendMany(21, 1);
        var read = await fixture.ReadAsync(17);

        Assert.Equal("21", QueueFixture.Texts(read.Where(record => !record.IsBacklog)).Single());
        Assert.Equal(QueueFixture.Numbers(5, 16), QueueFixture.Texts(read.Where(record => record.IsBacklog)));
        fixture.Reader.Rewind();
        Assert.Equal(QueueFixture.Numbers(1, 21), QueueFixture.Texts(await fixture.ReadAsync(21)));
    }

    [Fact]
    public async Task What_was_live_and_comes_again_on_a_new_connection_has_its_place_in_the_backlog()
    {
        await using var fixture = await OpenAsync(DrainOrder.LiveFirst);
        fixture.AppendMany(1, 1000);
        fixture.Reader.BeginLive();
        fixture.AppendMany(1001, 30);
        Assert.Equal(30, (await fixture.ReadAsync(40)).Count(record => !record.IsBacklog));
        fixture.Reader.Rewind();
        fixture.Reader.BeginLive();
        fixture.AppendMany(1031, 1);
        var read = await fixture.ReadAsync(1031);

        Assert.Equal(QueueFixture.Numbers(1, 1030), QueueFixture.Texts(read.Where(record => record.IsBacklog)));
        Assert.Equal("1031", QueueFixture.Texts(read.Where(record => !record.IsBacklog)).Single());
        QueueFixture.Acknowledge(fixture.Reader, read);
        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Fact]
    public async Task Two_readers_have_places_of_their_own_over_a_restart()
    {
        await using var fixture = await OpenAsync(DrainOrder.Strict, options => options with { Readers = [new("main"), new("archive")] });
        var (main, archive) = (fixture.Queue.Readers[0], fixture.Queue.Readers[1]);
        fixture.AppendMany(1, 100);
        QueueFixture.Acknowledge(main, await fixture.ReadAsync(60, main));
        QueueFixture.Acknowledge(archive, await fixture.ReadAsync(20, archive));
        Assert.Equal(80, fixture.Statistics.Depth);
        await fixture.ReopenAsync();

        (main, archive) = (fixture.Queue.Readers[0], fixture.Queue.Readers[1]);
        Assert.Equal(80, fixture.Statistics.Depth);
        Assert.Equal(QueueFixture.Numbers(61, 40), QueueFixture.Texts(await fixture.ReadAsync(40, main)));
        var late = await fixture.ReadAsync(80, archive);
        Assert.Equal(QueueFixture.Numbers(21, 80), QueueFixture.Texts(late));
        QueueFixture.Acknowledge(archive, late);
        Assert.Equal(40, fixture.Statistics.Depth);
    }

    [Fact]
    public async Task A_reader_that_is_gone_holds_nothing_back_and_a_new_one_gets_what_is_there()
    {
        await using var fixture = await OpenAsync(DrainOrder.Strict, options => options with { Readers = [new("main"), new("archive")] });
        fixture.AppendMany(1, 50);
        QueueFixture.Acknowledge(fixture.Queue.Readers[0], await fixture.ReadAsync(50, fixture.Queue.Readers[0]));
        Assert.Equal(50, fixture.Statistics.Depth);
        fixture.Options = fixture.Options with { Readers = [new("main"), new("cloud")] };
        await fixture.ReopenAsync();

        Assert.Equal(QueueFixture.Numbers(1, 50), QueueFixture.Texts(await fixture.ReadAsync(50, fixture.Queue.Readers[1])));
        fixture.AppendMany(51, 1);
        Assert.True(QueueFixture.Texts(await fixture.ReadAsync(1, fixture.Queue.Readers[0])) is ["51"]);
    }

    [Fact]
    public async Task The_depth_is_right_though_the_file_has_gaps()
    {
        await using var fixture = await OpenAsync(DrainOrder.Strict);
        fixture.AppendMany(1, 50_000);
        await fixture.WrittenWhenDueAsync();
        var read = await fixture.ReadAsync(50_000);
        QueueFixture.Acknowledge(fixture.Reader, read.Where((_, n) => n is > 100 and < 45_000));
        Assert.Equal(5101, fixture.Statistics.Depth);
        await fixture.ReopenAsync();

        await Eventually.TrueAsync(() => fixture.Statistics.Depth == 5101, () => $"{fixture.Statistics.Depth}");
        Assert.Equal(5101, (await fixture.ReadAsync(5101)).Count);
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Fact]
    public async Task A_file_of_the_first_schema_is_taken_over()
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxAge = TimeSpan.FromDays(36_500) };
        Directory.CreateDirectory(fixture.Options.Folder);
        await using (var connection = new SqliteConnection($"Data Source={fixture.File};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE point (id INTEGER PRIMARY KEY, device TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (device, name));
                CREATE TABLE record (position INTEGER PRIMARY KEY, boot INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
                    point INTEGER NOT NULL, body BLOB NOT NULL);
                INSERT INTO meta VALUES ('boot', 7), ('position', 2);
                INSERT INTO point VALUES (1, 'meter', 'flow');
                INSERT INTO record VALUES (1, 7, 1, 1000000, 1, x'31'), (2, 7, 2, 2000000, 1, x'32');
                PRAGMA user_version = 1;
                """;
            await command.ExecuteNonQueryAsync();
        }

        await fixture.OpenAsync();
        fixture.Append("3");
        var read = await fixture.ReadAsync(3);
        Assert.Equal(["1", "2", "3"], QueueFixture.Texts(read));
        Assert.Equal([(7, 1L), (7, 2L), (8, 1L)], read.Select(record => (record.Boot, record.Sequence)));
        Assert.Equal(3, fixture.Statistics.Depth);
    }

    private static async Task<QueueFixture> OpenAsync(DrainOrder order, Func<QueueOptions, QueueOptions>? change = null)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Readers = [new("uplink", order)], MaxLoss = TimeSpan.FromSeconds(1) };
        fixture.Options = change?.Invoke(fixture.Options) ?? fixture.Options;
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        return fixture;
    }
}
