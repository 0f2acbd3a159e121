using Gateway.Storage.Queue;
using Gateway.Storage.Sqlite;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>
/// A page of the file is damaged while the queue runs, which shows when the backlog is read. What comes meanwhile goes on from memory, and leaves the backlog
/// where it is.
/// </summary>
public sealed class RunningDamageTests : IDisposable
{
    private const int Records = 12_000; // more than twice what SQLite keeps of the file
    private const int MostOnAPage = PageDamage.PageSize / 300;
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _salvage = new(initialState: true);
    private readonly ManualResetEventSlim _opening = new(initialState: true);
    private readonly SemaphoreSlim _isHeld = new(0);
    private long _room = 1_000_000_000_000; // for the new file

    [Theory]
    [InlineData(DrainOrder.Strict)]
    [InlineData(DrainOrder.LiveFirst)]
    public async Task What_is_read_and_acknowledged_while_the_file_is_salvaged_takes_nothing_of_the_backlog_with_it(DrainOrder order)
    {
        await using var fixture = await OpenAsync(new QueueReaderOptions("uplink", order));
        await using var uplink = await FindDamageAsync(fixture, fixture.Reader);

        fixture.Append("live");
        fixture.AppendUrgent("alarm");
        await uplink.ReceivedAsync("live", "alarm");
        uplink.AcknowledgeAll();
        _salvage.Set();
        await AdvanceUntilHealthyAsync(fixture);

        await DrainAsync(fixture, uplink);
        AssertAllButAPage(uplink);
    }

    [Fact]
    public async Task Each_of_several_readers_gets_the_backlog_all_the_same()
    {
        await using var fixture = await OpenAsync(new("a", DrainOrder.LiveFirst), new("b", DrainOrder.Strict));
        await using var a = await FindDamageAsync(fixture, fixture.Queue.Readers[0]);
        await using var b = new Uplink(fixture.Queue.Readers[1]);
        fixture.Append("live");
        await a.ReceivedAsync("live");
        await b.ReceivedAsync("live");
        a.AcknowledgeAll();
        b.AcknowledgeAll();
        _salvage.Set();
        await AdvanceUntilHealthyAsync(fixture);

        await DrainAsync(fixture, a, b);
        AssertAllButAPage(a);
        AssertAllButAPage(b);
    }

    [Fact]
    public async Task What_memory_has_too_is_in_the_new_file_before_that_takes_the_place_of_the_damaged_one()
    {
        await using var fixture = await OpenAsync(new QueueReaderOptions("uplink"));
        fixture.AppendMany(Records + 1, 500, 300);
        await fixture.WrittenWhenDueAsync();
        await using var uplink = await FindDamageAsync(fixture, fixture.Reader);
        _opening.Reset();
        _salvage.Set();
        Assert.True(await _isHeld.WaitAsync(LongestHold), "the writer did not come to where it is held");

        // The power goes now: the new file has its name, and nothing was committed to it since.
        Assert.NotEmpty(Directory.GetFiles(fixture.Options.Folder, "*.corrupt.db"));
        var held = fixture.Options;
        fixture.Options = held with { FreeBytes = null, KeepFreeBytes = 0 };
        await using var next = await fixture.KillAsync();
        fixture.Options = held;
        _opening.Set();
        await next.HealthAsync(QueueHealth.Healthy);
        await using var later = new Uplink(next.Reader);
        await DrainAsync(next, later);
        AssertAllButAPage(later, Records + 500);
    }

    [Fact]
    public async Task What_comes_while_the_file_is_salvaged_takes_nothing_of_what_can_be_read_there()
    {
        const int inMemory = 3000;
        const int after = 600;
        await using var fixture = await OpenWithMemoryAsync(1_000_000, new QueueReaderOptions("uplink"));
        for (var n = Records + 1; n <= Records + inMemory; n += 300)
        {
            fixture.AppendMany(n, 300, 300);
            await fixture.WrittenWhenDueAsync();
        }

        Assert.InRange(fixture.Statistics.MemoryBytes, 900_000, 1_000_000);
        await using var uplink = await FindDamageAsync(fixture, fixture.Reader);
        fixture.AppendMany(Records + inMemory + 1, after, 300);
        Assert.Equal(0, fixture.Statistics.Dropped);
        _salvage.Set();
        await AdvanceUntilHealthyAsync(fixture);

        await DrainAsync(fixture, uplink);
        AssertAllButAPage(uplink, Records + inMemory + after);
    }

    [Fact]
    public async Task What_could_not_be_read_is_counted()
    {
        await using var fixture = await OpenAsync(new QueueReaderOptions("uplink"));
        await using var uplink = await FindDamageAsync(fixture, fixture.Reader);
        _salvage.Set();
        await AdvanceUntilHealthyAsync(fixture);

        var left = fixture.Statistics.Depth;
        var drops = fixture.Statistics.Drops;
        await DrainAsync(fixture, uplink);
        AssertAllButAPage(uplink);
        Assert.Equal(uplink.Numbers.Count, left);
        Assert.Equal($"$gone Damaged {Records - left}", string.Join(", ", drops.Select(each => $"{each.Device} {each.Reason} {each.Count}")));
        await fixture.ReopenAsync();
        Assert.Equal(drops, fixture.Statistics.Drops);
    }

    [Fact]
    public async Task Nothing_is_lost_of_what_is_under_way_or_being_parked_and_has_no_room_in_the_new_file()
    {
        await using var fixture = await OpenAsync(new QueueReaderOptions("uplink"));
        await using var uplink = await FindDamageAsync(fixture, fixture.Reader);
        uplink.ParkFirst();
        _room = 8_000_000;
        _salvage.Set();
        await AdvanceUntilHealthyAsync(fixture);

        await DrainAsync(fixture, uplink);
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        var received = uplink.Numbers;
        var drops = fixture.Statistics.Drops;
        Assert.Equal(received.Distinct(), received);
        Assert.InRange(received.Count, Records / 4, Records - 1000);
        Assert.Equal([DropReason.Oldest, DropReason.Damaged], drops.Select(each => each.Reason).Order());
        Assert.InRange(drops.Single(each => each.Reason == DropReason.Damaged).Count, 1, MostOnAPage);
        Assert.Equal(Records - received.Count, fixture.Statistics.Dropped);
    }

    public void Dispose()
    {
        _salvage.Set();
        _opening.Set();
        _salvage.Dispose();
        _opening.Dispose();
        _isHeld.Dispose();
    }

    private static Task AdvanceUntilHealthyAsync(QueueFixture fixture) => Eventually.TrueAsync(
        () =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Log.Count(line => line.StartsWith("Offline queue: boot", StringComparison.Ordinal)) == 3 && fixture.Statistics is { Health: QueueHealth.Healthy, Unwritten: 0 };
        },
        () => $"{fixture.Statistics}");

    private static Task DrainAsync(QueueFixture fixture, params Uplink[] uplinks) => Eventually.TrueAsync(
        () =>
        {
            Array.ForEach(uplinks, uplink => uplink.AcknowledgeAll());
            return fixture.Statistics.Depth == 0;
        },
        () => $"{fixture.Statistics}");

    private static void AssertAllButAPage(Uplink uplink, int of = Records)
    {
        var numbers = uplink.Numbers;
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.InRange(numbers.Count, of - MostOnAPage, of - 1);
        Assert.InRange(Enumerable.Range(1, of).Except(numbers).Max(), 1, Records);
    }

    private Task<QueueFixture> OpenAsync(params QueueReaderOptions[] readers) => OpenWithMemoryAsync(16_000_000, readers);

    /// <summary>A backlog of an earlier start, on the disk alone, and counted.</summary>
    private async Task<QueueFixture> OpenWithMemoryAsync(int memoryLimitBytes, params QueueReaderOptions[] readers)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(1), Readers = readers, KeepFreeBytes = 1, MemoryLimitBytes = memoryLimitBytes };
        fixture.Options = fixture.Options with { FreeBytes = GetFreeBytes };
        await fixture.OpenAsync();
        for (var n = 1; n <= Records; n += 1000)
        {
            fixture.AppendMany(n, 1000, 300);
            await fixture.WrittenWhenDueAsync();
        }

        await fixture.ReopenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        Assert.Equal(Records, fixture.Statistics.Depth);
        return fixture;

        // Asked for while the new file is filled, and once it has the old one's place.
        long GetFreeBytes()
        {
            if (File.Exists(fixture.Options.PartialFile))
            {
                Hold(_salvage);
                return _room - SqliteFile.Measure(fixture.Options.PartialFile);
            }
            else if (Directory.GetFiles(fixture.Options.Folder, "*.corrupt.db").Length > 0)
            {
                Hold(_opening);
            }

            return 1_000_000_000_000;
        }
    }

    private void Hold(ManualResetEventSlim gate)
    {
        if (!gate.IsSet)
        {
            _isHeld.Release();
            if (!gate.Wait(LongestHold))
            {
                gate.Set(); // the test has failed, and is to end
            }
        }
    }

    /// <summary>Damages a page and reads until the writer has found it, and is held in the middle of the salvage.</summary>
    private async Task<Uplink> FindDamageAsync(QueueFixture fixture, QueueReader reader)
    {
        _salvage.Reset();
        await using (var file = new FileStream(fixture.File, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            // Where it was counted first: of that SQLite has nothing in memory any more.
            file.Position = file.Length / PageDamage.PageSize / 4 * PageDamage.PageSize;
            var page = new byte[PageDamage.PageSize];
            new Random(1).NextBytes(page);
            await file.WriteAsync(page);
        }

        foreach (var each in fixture.Queue.Readers)
        {
            each.BeginLive();
        }

        var uplink = new Uplink(reader);
        Assert.True(await _isHeld.WaitAsync(LongestHold), "the writer did not come to where it is held");
        Assert.NotEmpty(uplink.Numbers);
        return uplink;
    }

    /// <summary>Reads whatever comes.</summary>
    private sealed class Uplink : IAsyncDisposable
    {
        private readonly QueueReader _reader;
        private readonly List<QueueRecord> _received = [];
        private readonly CancellationTokenSource _end = new();
        private readonly Task _reading;
        private int _acknowledged;

        public Uplink(QueueReader reader)
        {
            _reader = reader;
            _reading = Task.Run(ReadAsync);
        }

        /// <summary>The numbers of the backlog that have come, in order of their size.</summary>
        public List<int> Numbers
        {
            get
            {
                lock (_received)
                {
                    return [.. QueueFixture.Texts(_received).Where(text => char.IsDigit(text[0])).Select(int.Parse).Order()];
                }
            }
        }

        public Task ReceivedAsync(params string[] texts) => Eventually.TrueAsync(() =>
        {
            lock (_received)
            {
                return texts.Except(QueueFixture.Texts(_received)).Any() == false;
            }
        });

        public void AcknowledgeAll()
        {
            lock (_received)
            {
                for (; _acknowledged < _received.Count; _acknowledged++)
                {
                    _reader.Acknowledge(_received[_acknowledged].Position);
                }
            }
        }

        public void ParkFirst()
        {
            lock (_received)
            {
                _reader.Park(_received[0].Position, "refused");
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _reading;
            _end.Dispose();
        }

        private async Task ReadAsync()
        {
            var buffer = new QueueRecord[100];
            try
            {
                while (true)
                {
                    var count = await _reader.ReadAsync(buffer, _end.Token);
                    lock (_received)
                    {
                        _received.AddRange(buffer.AsSpan(0, count));
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}
