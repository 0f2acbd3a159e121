using Gateway.Runtime.Publishing;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>What takes two looks at the queue, on a clock that the test moves.</summary>
public sealed class QueueMeterTests : IDisposable, IQueueObserver
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-meter-");
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Delete(recursive: true);

    void IQueueObserver.Accepted(QueueRecord record)
    {
    }

    [Fact]
    public async Task The_rate_is_what_was_acknowledged_a_second_over_the_last_minute()
    {
        await using var queue = await OpenAsync();
        using var meter = new QueueMeter(queue, _time, _ => { });
        Append(queue, 100);
        var records = new QueueRecord[60];
        for (var read = 0; read < records.Length;)
        {
            read += await queue.Readers[0].ReadAsync(records.AsMemory(read), CancellationToken.None);
        }

        foreach (var record in records)
        {
            queue.Readers[0].Acknowledge(record.Position);
        }

        _time.Advance(Look);
        Assert.Equal(6, meter.Status.Rate);
        _time.Advance(2 * Look);
        Assert.Equal(2, meter.Status.Rate);
        for (var look = 0; look < 6; look++)
        {
            _time.Advance(Look);
        }

        Assert.Equal(0, meter.Status.Rate);
    }

    [Fact]
    public async Task The_hours_left_are_what_is_free_by_how_fast_it_fills()
    {
        await using var queue = await OpenAsync();
        using var meter = new QueueMeter(queue, _time, _ => { });
        Assert.Null(meter.Status.HoursLeft); // nothing waits
        var before = queue.GetStatistics().UsedBytes;
        Append(queue, 300);
        await Eventually.TrueAsync(() => queue.GetStatistics().Unwritten == 0);
        _time.Advance(Look);
        var now = queue.GetStatistics();

        var growth = (now.UsedBytes - before) / Look.TotalSeconds;
        Assert.InRange(growth, 30_000, 60_000); // 300 kB and what the rows take, in ten seconds
        Assert.Equal(Math.Round((now.LimitBytes - now.UsedBytes) / growth / 3600, 1), meter.Status.HoursLeft);

        // What does not grow is never full.
        for (var look = 0; look < 7; look++)
        {
            _time.Advance(Look);
        }

        Assert.Null(meter.Status.HoursLeft);
    }

    [Theory]
    [InlineData(FullPolicy.Block)]
    [InlineData(FullPolicy.DropOldest)]
    public async Task None_are_left_while_it_drops_for_want_of_room(FullPolicy policy)
    {
        await using var queue = await OpenAsync(1_000_000, policy);
        using var meter = new QueueMeter(queue, _time, _ => { });
        await Eventually.TrueAsync(() =>
        {
            Append(queue, 50);
            return queue.GetStatistics().Dropped > 0;
        });
        Assert.Equal(0, meter.Status.HoursLeft);
    }

    [Fact]
    public async Task What_is_written_is_told_by_the_day_as_it_was_in_the_last_hour()
    {
        await using var queue = await OpenAsync();
        using var meter = new QueueMeter(queue, _time, _ => { });
        var atStart = queue.GetStatistics().BytesWritten;
        Assert.InRange(atStart, 1, long.MaxValue);
        Assert.Equal(0, meter.Status.WrittenPerDay);

        Append(queue, 100);
        await Eventually.TrueAsync(() => queue.GetStatistics() is { Unwritten: 0, BytesWritten: > 100_000 });
        _time.Advance(TimeSpan.FromMinutes(30));
        await Eventually.TrueAsync(() => meter.Status.WrittenPerDay == (queue.GetStatistics().BytesWritten - atStart) * 48);
        var written = queue.GetStatistics().BytesWritten - atStart;
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(written * 24, meter.Status.WrittenPerDay);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, meter.Status.WrittenPerDay);
    }

    private static void Append(OfflineQueue queue, int count)
    {
        for (var n = 0; n < count; n++)
        {
            queue.Append(DateTimeOffset.UnixEpoch.AddDays(20_000), "meter", "flow", new byte[1000]);
        }
    }

    private async Task<OfflineQueue> OpenAsync(long maxSizeBytes = 1_000_000_000, FullPolicy policy = FullPolicy.DropOldest)
    {
        var options = new QueueOptions { Folder = Path.Combine(_folder.FullName, "queue"), MaxLoss = TimeSpan.Zero, MaxAge = TimeSpan.FromDays(3650), MaxSizeBytes = maxSizeBytes, WhenFull = policy };
        var queue = await OfflineQueue.OpenAsync(options, this, _time, NullLogger<OfflineQueue>.Instance);
        await Eventually.TrueAsync(() => queue.GetStatistics().Health == QueueHealth.Healthy);
        return queue;
    }
}
