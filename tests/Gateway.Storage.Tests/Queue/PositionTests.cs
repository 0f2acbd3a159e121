using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>The process is killed: what is appended then gets no position that says something already, of a reader or of a number under which it sent.</summary>
public sealed class PositionTests
{
    [Fact]
    public async Task What_one_reader_had_acknowledged_before_it_was_written_takes_nothing_from_it_after_a_kill()
    {
        await using var queue = await OpenAsync(TimeSpan.FromSeconds(1), "a", "b");
        var (a, b) = (queue.Queue.Readers[0], queue.Queue.Readers[1]);
        queue.AppendMany(1, 5);
        await queue.WrittenWhenDueAsync();
        queue.AppendMany(6, 5);
        QueueFixture.Acknowledge(a, await queue.ReadAsync(10, a));
        await SecureAsync(b, 1, (await queue.ReadAsync(1, b))[0], hasArrived: false);
        Assert.Equal(5, queue.Statistics.Unwritten);

        await using var next = await queue.KillAsync();
        next.AppendMany(11, 2);

        Assert.Equal(["11", "12"], QueueFixture.Texts(await next.ReadAsync(2, next.Queue.Readers[0])));
        Assert.Equal(["1", "2", "3", "4", "5", "11", "12"], QueueFixture.Texts(await next.ReadAsync(7, next.Queue.Readers[1])));
    }

    [Fact]
    public async Task What_both_readers_had_and_is_deleted_takes_nothing_from_them_after_a_kill()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero, "a", "b");
        var (a, b) = (queue.Queue.Readers[0], queue.Queue.Readers[1]);
        queue.AppendMany(1, 10);
        await queue.WrittenAsync();
        QueueFixture.Acknowledge(a, await queue.ReadAsync(10, a));
        var records = await queue.ReadAsync(10, b);
        QueueFixture.Acknowledge(b, records[5..]);
        await SecureAsync(b, 1, records[0], hasArrived: false);

        await using var next = await queue.KillAsync();
        await Eventually.TrueAsync(() => next.Statistics.Depth == 5); // it is counted once it is open
        next.AppendMany(11, 2);

        Assert.Equal(["11", "12"], QueueFixture.Texts(await next.ReadAsync(2, next.Queue.Readers[0])));
        Assert.Equal(["1", "2", "3", "4", "5", "11", "12"], QueueFixture.Texts(await next.ReadAsync(7, next.Queue.Readers[1])));
    }

    [Fact]
    public async Task The_number_of_a_record_that_arrived_is_that_of_no_later_one_after_a_kill()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero, "a");
        queue.AppendMany(1, 3);
        var records = await queue.ReadAsync(3);
        await SecureAsync(queue.Reader, 7, records[2], hasArrived: false);
        await SecureAsync(queue.Reader, 7, records[2], hasArrived: true);
        queue.Reader.Acknowledge(records[2].Position);
        queue.Time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => QueueInspector.Inspect(queue.Options.Folder)!.Records == 2);

        await using var next = await queue.KillAsync();
        next.AppendMany(4, 1);
        await next.ReopenAsync();

        Assert.Equal(new DepartedRecord(7, null, HasArrived: true), Assert.Single(next.Reader.TakeDeparted(100)));
        Assert.Equal(["1", "2", "4"], QueueFixture.Texts(await next.ReadAsync(3)));
    }

    private static async Task<QueueFixture> OpenAsync(TimeSpan maxLoss, params string[] readers)
    {
        var queue = new QueueFixture();
        queue.Options = queue.Options with { MaxLoss = maxLoss, Readers = [.. readers.Select(name => new QueueReaderOptions(name))] };
        await queue.OpenAsync();
        return queue;
    }

    /// <summary>Has the writer save what the readers acknowledged, and under which number a record leaves or arrived.</summary>
    private static async Task SecureAsync(QueueReader reader, ushort label, QueueRecord record, bool hasArrived)
    {
        var secured = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        reader.Secured = _ => secured.TrySetResult();
        Assert.False(hasArrived ? reader.TryForget(label, record.Position) : reader.TryKeep(label, record.Position));
        await secured.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
