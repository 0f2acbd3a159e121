using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>A disk that does not answer, and a file that goes while it is in use: neither throws anything.</summary>
public sealed class HangTests : IDisposable
{
    private readonly ManualResetEventSlim _disk = new(initialState: true);

    [Fact]
    public async Task A_disk_that_does_not_answer_is_noticed_and_with_max_loss_none_records_are_accepted_from_memory_in_order_and_once()
    {
        await using var fixture = await OpenAsync(TimeSpan.Zero);
        fixture.AppendMany(1, 10);
        await fixture.AcceptedAsync(10);
        await fixture.WrittenAsync();

        _disk.Reset();
        fixture.AppendMany(11, 100);
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        Assert.Equal($"the disk that holds {fixture.File} does not answer", fixture.Statistics.Trouble);
        Assert.False(fixture.Queue.IsOnDisk);
        await fixture.AcceptedAsync(110);
        fixture.AppendMany(111, 100);
        await fixture.AcceptedAsync(210);
        await Eventually.TrueAsync(() => fixture.SecuredThrough == 210);
        Assert.Equal(QueueFixture.Numbers(1, 210), QueueFixture.Texts(await fixture.ReadAsync(210)));

        _disk.Set();
        await fixture.WrittenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        Assert.Null(fixture.Statistics.Trouble);
        fixture.AppendMany(211, 10);
        await fixture.AcceptedAsync(220);
        Assert.Equal(QueueFixture.Numbers(1, 220), QueueFixture.Texts(fixture.Accepted));
        Assert.Equal((220, 220), (fixture.Statistics.Depth, QueueInspector.Inspect(fixture.Options.Folder)!.Records));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_was_accepted_from_memory_while_the_disk_hung_is_on_it_once_it_is_back(int maxLossSeconds)
    {
        await using var fixture = await OpenAsync(TimeSpan.FromSeconds(maxLossSeconds));
        fixture.AppendMany(1, 10);
        await fixture.WrittenWhenDueAsync();
        _disk.Reset();
        fixture.AppendMany(11, 100);
        fixture.Time.Advance(fixture.Options.MaxLoss);
        await fixture.AcceptedAsync(110);
        await Eventually.TrueAsync(() => fixture.SecuredThrough == 110); // the disk was left

        // What leaves meanwhile is not there afterwards, what comes meanwhile is.
        QueueFixture.Acknowledge(fixture.Reader, await fixture.ReadAsync(40));
        fixture.AppendMany(111, 100);
        await fixture.AcceptedAsync(210);
        _disk.Set();
        await fixture.WrittenWhenDueAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(QueueWriter.DeletionDelay);
            return QueueInspector.Inspect(fixture.Options.Folder)!.Records == 170;
        });

        await using var next = await fixture.KillAsync();
        Assert.Equal(QueueFixture.Numbers(41, 170), QueueFixture.Texts(await next.ReadAsync(170)));
        Assert.Equal(170, next.Statistics.Depth);
    }

    [Fact]
    public async Task A_queue_that_is_closed_while_the_disk_hangs_says_what_is_not_on_it_which_the_disk_may_still_take()
    {
        await using var fixture = await OpenAsync(TimeSpan.Zero);
        fixture.AppendMany(1, 10);
        await fixture.WrittenAsync();
        _disk.Reset();
        fixture.AppendMany(11, 100);
        await fixture.AcceptedAsync(110);
        var closing = fixture.Queue.DisposeAsync().AsTask();
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return closing.IsCompleted;
        });
        Assert.Contains("Offline queue: closed without the disk's answer after 5 s; 100 records are lost unless it still takes them", fixture.Log);

        _disk.Set();
        await Eventually.TrueAsync(() => IsFree(Path.Combine(fixture.Options.Folder, "lock")));
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        Assert.Equal(QueueFixture.Numbers(1, 110), QueueFixture.Texts(await fixture.ReadAsync(110)));
    }

    [Fact]
    public async Task A_disk_that_was_slow_is_told_of_for_a_while()
    {
        await using var fixture = await OpenAsync(TimeSpan.FromSeconds(1));
        _disk.Reset();
        fixture.AppendMany(1, 10);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        _disk.Set();

        await Eventually.TrueAsync(() => fixture.Statistics.Trouble?.EndsWith("s to answer", StringComparison.Ordinal) != false, () => fixture.Statistics.Trouble!);
        await fixture.HealthAsync(QueueHealth.Healthy);
        Assert.Equal(10, fixture.Accepted.Count);
    }

    [Fact]
    public async Task A_file_that_is_deleted_under_the_queue_is_told_of_and_a_new_one_begun()
    {
        await using var fixture = await OpenAsync(TimeSpan.Zero);
        fixture.AppendMany(1, 10);
        await fixture.WrittenAsync();
        var boot = fixture.Queue.Boot;
        Directory.Delete(fixture.Options.Folder, recursive: true);

        fixture.AppendMany(11, 1);
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        Assert.Equal($"{fixture.File} was deleted while it was in use, and what waited there is lost: a new one is begun", fixture.Statistics.Trouble);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Health == QueueHealth.Healthy;
        });

        // What was in memory still is in the new one.
        await fixture.ReopenAsync();
        Assert.Equal(boot + 1, fixture.Queue.Boot);
        Assert.Equal(QueueFixture.Numbers(1, 11), QueueFixture.Texts(await fixture.ReadAsync(11)));
    }

    [Fact]
    public async Task What_a_deleted_file_held_alone_is_counted()
    {
        await using var fixture = await OpenAsync(TimeSpan.Zero);
        fixture.AppendMany(1, 10);
        await fixture.WrittenAsync();
        await fixture.ReopenAsync();
        var underWay = await fixture.ReadAsync(3);
        Directory.Delete(fixture.Options.Folder, recursive: true);
        fixture.AppendMany(11, 1);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics is { Health: QueueHealth.Healthy, Unwritten: 0 };
        });

        Assert.Equal(["$gone Damaged 7"], fixture.Statistics.Drops.Select(drops => $"{drops.Device} {drops.Reason} {drops.Count}"));
        Assert.Equal(4, fixture.Statistics.Depth);
        QueueFixture.Acknowledge(fixture.Reader, underWay);
        Assert.Equal(1, fixture.Statistics.Depth);
        Assert.Equal(["11"], QueueFixture.Texts(await fixture.ReadAsync(1)));
    }

    [Fact]
    public async Task What_is_gone_with_the_log_of_a_file_that_comes_back_without_it_is_counted()
    {
        const int records = 3000;
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MemoryLimitBytes = 200_000 };
        await fixture.OpenAsync();
        fixture.AppendMany(1, 100);
        await fixture.WrittenAsync();
        await fixture.ReopenAsync(); // by which these are in the file, and not in its log
        for (var n = 101; n <= records; n += 100)
        {
            fixture.AppendMany(n, 100);
            await fixture.WrittenAsync();
        }

        var withoutLog = await File.ReadAllBytesAsync(fixture.File);
        Directory.Delete(fixture.Options.Folder, recursive: true);
        fixture.AppendMany(records + 1, 1);
        await fixture.HealthAsync(QueueHealth.MemoryOnly);
        Directory.CreateDirectory(fixture.Options.Folder);
        await File.WriteAllBytesAsync(fixture.File, withoutLog);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics is { Health: QueueHealth.Healthy, Unwritten: 0 };
        });

        var depth = (int)fixture.Statistics.Depth;
        Assert.InRange(depth, 102, records - 100);
        Assert.Equal([$"$gone Damaged {records + 1 - depth}"], fixture.Statistics.Drops.Select(drops => $"{drops.Device} {drops.Reason} {drops.Count}"));
        string[] left = [.. QueueFixture.Numbers(1, 100), .. QueueFixture.Numbers(records + 102 - depth, depth - 100)];
        Assert.Equal(left, QueueFixture.Texts(await fixture.ReadAsync(depth)));
    }

    [Fact]
    public async Task A_folder_that_was_lost_gives_no_key_a_second_time()
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { FirstBoot = BootFile.First };
        await fixture.OpenAsync();
        var first = fixture.Queue.Boot;
        await fixture.ReopenAsync();
        Assert.Equal(first + 1, fixture.Queue.Boot);
        await fixture.Queue.DisposeAsync();
        Directory.Delete(fixture.Options.Folder, recursive: true);

        fixture.Time.Advance(TimeSpan.FromSeconds(20));
        await fixture.OpenAsync();
        Assert.InRange(fixture.Queue.Boot, first + 2, int.MaxValue);
        Assert.InRange(BootFile.First(null), 1_000_000_000, 2_000_000_000);
        Assert.InRange(BootFile.First(DateTimeOffset.UnixEpoch), 1_000_000_000, 2_000_000_000);
    }

    public void Dispose()
    {
        _disk.Set();
        _disk.Dispose();
    }

    private static bool IsFree(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<QueueFixture> OpenAsync(TimeSpan maxLoss)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with
        {
            MaxLoss = maxLoss,
            DiskPatience = TimeSpan.FromSeconds(1),
            KeepFreeBytes = 1,
            FreeBytes = () =>
            {
                _disk.Wait();
                return 1_000_000_000_000;
            },
        };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        return fixture;
    }
}
