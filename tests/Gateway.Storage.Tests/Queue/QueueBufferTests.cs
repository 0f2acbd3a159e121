using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

public class QueueBufferTests
{
    [Fact]
    public async Task What_memory_drops_while_the_disk_is_full_takes_nothing_from_the_page_that_was_read_from_it()
    {
        var options = new QueueOptions { Folder = "unused", MemoryLimitBytes = 100_000 };
        var buffer = new QueueBuffer(options, new Deaf(), new ManualTimeProvider());
        buffer.TryBegin(2, 10);
        buffer.Tail.EvictedThrough = 10;
        buffer.Reader!.TakePage([.. Enumerable.Range(1, 10).Select(position => Record(position))], isLast: true, through: 10);

        while (buffer.AddTo(Empty).Dropped == 0)
        {
            buffer.Append(DateTimeOffset.UnixEpoch, "meter", "flow", new byte[1000], out _);
        }

        var read = new QueueRecord[10];
        Assert.Equal(10, await buffer.Reader.ReadAsync(read, CancellationToken.None));
        Assert.Equal(Enumerable.Range(1, 10), read.Select(record => (int)record.Position));
    }

    private static QueueStatistics Empty => QueueStatistics.Empty with { Health = QueueHealth.MemoryOnly };

    private static QueueRecord Record(long position) => new()
    {
        Position = position,
        Boot = 1,
        Sequence = position,
        Time = DateTimeOffset.UnixEpoch,
        Device = "meter",
        Point = "flow",
        Body = new byte[10],
    };

    private sealed class Deaf : IQueueObserver
    {
        public void Accepted(QueueRecord record)
        {
        }
    }
}
