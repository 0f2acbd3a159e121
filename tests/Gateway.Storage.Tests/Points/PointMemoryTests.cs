using Gateway.Abstractions.Definitions;
using Gateway.Storage.Points;
using Gateway.Storage.Sqlite;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.Points;

public sealed class PointMemoryTests : IAsyncDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryFolder _folder = new();
    private PointMemory? _memory;

    private string File => Path.Combine(_folder, "points.db");

    private PointMemory Memory => _memory!;

    public async ValueTask DisposeAsync()
    {
        await (_memory?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_saved_is_there_at_once_and_after_a_restart()
    {
        await OpenAsync();
        Assert.Null(Memory.Load(Point("water"), "count"));
        Memory.Save(Point("water"), "count", 123_456_789_012, Minute);
        Memory.Save(Point("water"), "other", -0.5m, Minute);
        Memory.Save(Point("gas"), "count", 7, Minute);
        Assert.Equal(7, Memory.Load(Point("gas"), "count"));

        await OpenAsync();
        Assert.Equal([123_456_789_012, -0.5m, 7], [Memory.Load(Point("water"), "count"), Memory.Load(Point("water"), "other"), Memory.Load(Point("gas"), "count")]);
        Assert.Equal(0, Memory.BytesWritten);
    }

    [Fact]
    public async Task Names_that_damage_has_made_alike_are_one_of_which_the_newer_counts()
    {
        await OpenAsync();
        Memory.Save(Point("water"), "count", 7, Minute);
        await Memory.DisposeAsync();
        await using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            await connection.OpenAsync();
            foreach (var (bytes, number) in new[] { ("FE", 1), ("FF", 2) }) // neither is UTF-8
            {
                SqliteFile.Execute(connection, $"INSERT INTO value SELECT device, point, CAST(X'{bytes}' AS TEXT), '{number}', saved + {number} FROM value WHERE key = 'count'");
            }
        }

        await OpenAsync(isClosed: true);
        Assert.Equal([7, 2], [Memory.Load(Point("water"), "count"), Memory.Load(Point("water"), "\uFFFD")]);
        Assert.Null(Memory.Trouble);
    }

    [Fact]
    public async Task A_file_of_a_newer_gateway_is_left_alone()
    {
        await OpenAsync();
        Memory.Save(Point("water"), "count", 7, Minute);
        await Memory.DisposeAsync();
        MarkNewer(File);

        await OpenAsync();
        Assert.Null(Memory.Load(Point("water"), "count"));
        Memory.Save(Point("water"), "count", 1, Minute);
        await Memory.DisposeAsync();

        Assert.Contains("was written by a newer gateway", Memory.Trouble, StringComparison.Ordinal);
        Assert.Equal([File], Directory.GetFiles(_folder, "*.db"));
    }

    [Fact]
    public async Task Values_are_written_together_and_no_more_often_than_they_may_be_lost()
    {
        await OpenAsync();
        for (var second = 0; second < 600; second++)
        {
            for (var meter = 0; meter < 20; meter++)
            {
                Memory.Save(Point($"meter{meter}"), "count", second, Minute);
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            if ((second + 1) % 60 == 0)
            {
                // The writer runs by itself; without this the clock could run away from it.
                await Eventually.TrueAsync(() => Memory.Commits >= (second + 1) / 60);
            }
        }

        Assert.InRange(Memory.Commits, 9, 11);
        // Twenty counters that never rest: less than 10 MB a day.
        Assert.InRange(Memory.BytesWritten * 144, 1, 10_000_000);
        await Assert_Lost_at_most(Minute, 599);
    }

    [Fact]
    public async Task What_does_not_change_is_not_written()
    {
        await OpenAsync();
        for (var i = 0; i < 300; i++)
        {
            Memory.Save(Point("relay"), "output", 1, TimeSpan.FromSeconds(10));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.TrueAsync(() => Memory.Commits > 0);
        Assert.Equal(1, Memory.Commits);
    }

    [Fact]
    public async Task Beyond_its_bound_the_longest_unsaved_gives_way_and_a_new_one_is_kept()
    {
        await OpenAsync();
        for (var i = 0; i < PointDatabase.MaxRows; i++)
        {
            Memory.Save(Point($"meter{i}"), "count", i, Minute);
        }

        await OpenAsync();
        Memory.Save(Point("meter0"), "count", 0, Minute); // it does not change, and is there all the same
        Memory.Save(Point("new"), "count", 7, Minute);
        for (var restart = 0; restart < 2; restart++)
        {
            Assert.Equal([0m, null, 2m, 7m], [Memory.Load(Point("meter0"), "count"), Memory.Load(Point("meter1"), "count"), Memory.Load(Point("meter2"), "count"), Memory.Load(Point("new"), "count")]);
            await OpenAsync();
        }
    }

    [Fact]
    public async Task What_is_less_urgent_waits_and_what_becomes_urgent_does_not()
    {
        await OpenAsync();
        Memory.Save(Point("lazy"), "largest", 1, TimeSpan.FromHours(1));
        Memory.Save(Point("both"), "total", 1, TimeSpan.FromHours(1));
        Memory.Save(Point("both"), "total", 2, TimeSpan.FromSeconds(10));
        Memory.Save(Point("both"), "total", 3, TimeSpan.FromHours(1));
        await AdvanceAsync(11);
        await Eventually.TrueAsync(() => Memory.Commits == 1);
        Assert.Equal((null, 3m), await OnDiskAsync("lazy", "largest", "both", "total"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_file_is_set_aside_and_what_can_be_read_of_it_goes_on(bool isItsHeader)
    {
        await OpenAsync();
        for (var i = 0; i < 500; i++)
        {
            Memory.Save(Point($"meter{i:D3}"), "count", 1000 + i, Minute);
        }

        await Memory.DisposeAsync();
        Damage(isItsHeader);

        await OpenAsync(isClosed: true);
        Assert.True(System.IO.File.Exists(Path.Combine(_folder, "points-20261122T010203Z.corrupt.db")));
        Assert.Null(Memory.Trouble);
        Assert.Equal(1000, Memory.Load(Point("meter000"), "count"));
        Memory.Save(Point("meter999"), "count", 5, Minute);
        await OpenAsync();
        Assert.Equal(5, Memory.Load(Point("meter999"), "count"));
        Assert.Equal(1000, Memory.Load(Point("meter000"), "count"));
    }

    [Fact]
    public async Task Where_there_can_be_no_file_it_works_from_memory_until_there_can()
    {
        var place = Path.Combine(_folder, "taken");
        await System.IO.File.WriteAllTextAsync(place, "a file where the folder should be");
        _memory = await PointMemory.OpenAsync(Path.Combine(place, "points.db"), _time, NullLogger<PointMemory>.Instance);
        Assert.NotNull(Memory.Trouble);
        Memory.Save(Point("water"), "count", 5, TimeSpan.FromSeconds(1));
        await AdvanceAsync(5);
        Assert.Equal(5, Memory.Load(Point("water"), "count"));
        Assert.NotNull(Memory.Trouble);

        System.IO.File.Delete(place);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(60));
            return Memory.Trouble is null;
        });
        await Memory.DisposeAsync();
        await using var next = await PointMemory.OpenAsync(Path.Combine(place, "points.db"), _time, NullLogger<PointMemory>.Instance);
        Assert.Equal(5, next.Load(Point("water"), "count"));
    }

    [Fact]
    public async Task A_file_that_could_not_be_read_is_not_written_over()
    {
        await OpenAsync();
        Memory.Save(Point("water"), "count", 1000, Minute);
        await Memory.DisposeAsync();
        await using (var locked = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=False"))
        {
            await locked.OpenAsync();
            await using var command = locked.CreateCommand();
            command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; INSERT INTO value VALUES ('x', 'x', 'x', '1', 0)";
            await command.ExecuteNonQueryAsync();
            await OpenAsync(isClosed: true);
            Assert.Contains("is locked by another program", Memory.Trouble, StringComparison.Ordinal);
            Assert.Null(Memory.Load(Point("water"), "count"));
        }

        Memory.Save(Point("water"), "count", 1, Minute);
        await OpenAsync();
        Assert.Equal(1, Memory.Load(Point("water"), "count"));
        Assert.Single(Directory.GetFiles(_folder, "*.corrupt.db"));
    }

    /// <summary>In a process of its own, whose disk is slow: it throws nothing.</summary>
    [PeerFact(Peer.Compiler)]
    public async Task A_disk_that_does_not_answer_is_noticed_until_it_is_quick_again()
    {
        await using var disk = await UnsyncedDisk.CreateAsync(_folder, seed: 1);
        await using var host = PeerProcess.Start("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Gateway.Storage.CrashHost.dll"), _folder, "trouble"], environment: new(disk.Environment));
        await host.WaitForLineAsync("nothing");
        disk.SyncDelay = TimeSpan.FromSeconds(4);
        await host.WaitForLineAsync($"the disk that holds {File} does not answer");
        disk.SyncDelay = TimeSpan.Zero;
        await host.WaitForLineAsync($"the disk that holds {File} took ");
        await Eventually.TrueAsync(() => host.Output.TrimEnd().EndsWith("nothing", StringComparison.Ordinal), () => host.Output);
    }

    private static PointDefinition Point(string name) => new()
    {
        DeviceName = "device",
        Name = name,
        Every = TimeSpan.FromSeconds(1),
        Settings = new Settings(new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), new SourceLocation("map.yaml", 1, 1)),
    };

    private async Task OpenAsync(bool isClosed = false)
    {
        if (_memory is not null && !isClosed)
        {
            await _memory.DisposeAsync();
        }

        _memory = await PointMemory.OpenAsync(File, _time, NullLogger<PointMemory>.Instance);
        await Eventually.TrueAsync(() => _time.ArmedTimers > 0);
    }

    private async Task AdvanceAsync(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    // As after a power cut: what the files have now.
    private async Task<(decimal? First, decimal? Second)> OnDiskAsync(string point, string key, string other, string otherKey)
    {
        using var copy = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(_folder, "points.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            System.IO.File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        await using var memory = await PointMemory.OpenAsync(Path.Combine(copy, "points.db"), _time, NullLogger<PointMemory>.Instance);
        return (memory.Load(Point(point), key), memory.Load(Point(other), otherKey));
    }

    private async Task Assert_Lost_at_most(TimeSpan lost, decimal last)
    {
        var (first, second) = await OnDiskAsync("meter0", "count", "meter19", "count");
        Assert.InRange(first!.Value, last - (decimal)lost.TotalSeconds - 1, last);
        Assert.Equal(first, second);
    }

    private static void MarkNewer(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        SqliteFile.Execute(connection, "PRAGMA user_version = 99; PRAGMA application_id = 0x67776363");
    }

    private void Damage(bool isItsHeader)
    {
        using var file = System.IO.File.OpenWrite(File);
        if (isItsHeader)
        {
            file.Write("not a database, and long enough to have what would be a header of one hundred bytes, of which this is the end."u8);
            return;
        }

        // The last pages.
        file.Seek(-8192, SeekOrigin.End);
        file.Write(new byte[8192]);
    }
}
