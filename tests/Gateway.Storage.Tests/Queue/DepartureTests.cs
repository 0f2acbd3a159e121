using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>What an uplink at QoS 2 finds of its session after a restart.</summary>
public sealed class DepartureTests
{
    private readonly List<ushort> _secured = [];

    [Fact]
    public async Task What_is_on_the_disk_leaves_once_its_number_is_there_and_is_found_under_it()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero);
        queue.AppendMany(1, 5);
        var records = await queue.ReadAsync(3);
        Assert.False(queue.Reader.TryKeep(7, records[0].Position));
        Assert.False(queue.Reader.TryKeep(8, records[2].Position));
        await SecuredAsync(7, 8);

        await queue.ReopenAsync();
        Assert.Equal([(7, "1", false), (8, "3", false)], Departed(queue, 100));
        Assert.Equal(["2", "4", "5"], QueueFixture.Texts(await queue.ReadAsync(3)));
        Assert.Equal(5, queue.Statistics.Depth);
    }

    [Fact]
    public async Task What_has_arrived_stays_until_its_number_is_forgotten()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero);
        queue.AppendMany(1, 3);
        var records = await queue.ReadAsync(3);
        Assert.False(queue.Reader.TryKeep(1, records[1].Position));
        await SecuredAsync(1);
        Assert.False(queue.Reader.TryForget(1, records[1].Position));
        await SecuredAsync(1, 1);

        await queue.ReopenAsync();
        var departed = Assert.Single(queue.Reader.TakeDeparted(100));
        Assert.Equal((1, "2", true), Text(departed));
        Assert.Equal(["1", "3"], QueueFixture.Texts(await queue.ReadAsync(2)));
        queue.Reader.Acknowledge(departed.Record!.Position);

        await queue.ReopenAsync();
        Assert.Equal([(1, null, true)], Departed(queue, 100));
        Assert.Equal(["1", "3"], QueueFixture.Texts(await queue.ReadAsync(2)));
    }

    [Fact]
    public async Task What_left_live_is_live_again_and_the_backlog_that_left_is_backlog()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero, DrainOrder.LiveFirst);
        queue.AppendMany(1, 3);
        await Eventually.TrueAsync(() => queue.Accepted.Count == 3);
        queue.Reader.BeginLive();
        queue.AppendMany(4, 1);
        await Eventually.TrueAsync(() => queue.Accepted.Count == 4);
        var records = await queue.ReadAsync(2);
        Assert.Equal([("4", false), ("1", true)], records.OrderBy(record => record.IsBacklog).Select(record => (QueueFixture.Texts([record])[0], record.IsBacklog)));
        foreach (var record in records)
        {
            Assert.False(queue.Reader.TryKeep((ushort)record.Position, record.Position));
        }

        await SecuredAsync([.. records.Select(record => (ushort)record.Position)]);
        await queue.ReopenAsync();
        var departed = queue.Reader.TakeDeparted(100);
        Assert.Equal([("1", true), ("4", false)], departed.Select(each => (QueueFixture.Texts([each.Record!])[0], each.Record!.IsBacklog)));

        // The broker knows nothing of them: what was live has its place among the backlog now.
        queue.Reader.Rewind();
        queue.Reader.BeginLive();
        Assert.Equal(["1", "2", "3", "4"], QueueFixture.Texts(await queue.ReadAsync(4)));
    }

    [Fact]
    public async Task What_arrived_in_a_session_that_is_gone_is_one_that_was_never_sent()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero);
        queue.AppendMany(1, 1);
        var record = Assert.Single(await queue.ReadAsync(1));
        Assert.False(queue.Reader.TryKeep(1, record.Position));
        await SecuredAsync(1);
        Assert.False(queue.Reader.TryForget(1, record.Position));
        await SecuredAsync(1, 1);
        Assert.False(queue.Reader.TryKeep(1, record.Position));
        await SecuredAsync(1, 1, 1);

        await queue.ReopenAsync();
        Assert.Equal([(1, "1", false)], Departed(queue, 100));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_number_that_is_taken_again_before_the_end_of_the_last_is_heard_of_leaves_none_of_it_behind(int maxLossSeconds)
    {
        await using var queue = await OpenAsync(TimeSpan.FromSeconds(maxLossSeconds));
        queue.AppendMany(1, 2);
        queue.Time.Advance(TimeSpan.FromSeconds(1));
        await queue.WrittenAsync();
        var records = await queue.ReadAsync(2);
        Assert.False(queue.Reader.TryKeep(5, records[1].Position));
        await SecuredAsync(5);
        Assert.False(queue.Reader.TryForget(5, records[1].Position));
        await SecuredAsync(5, 5);
        queue.AppendMany(3, 1);
        queue.Reader.TryKeep(5, Assert.Single(await queue.ReadAsync(1)).Position);
        queue.Time.Advance(TimeSpan.FromSeconds(1));
        await queue.WrittenAsync();
        await Eventually.TrueAsync(() => _secured.Count == (maxLossSeconds == 0 ? 3 : 2));

        await using var next = await queue.KillAsync();
        Assert.Equal([(5, "3", false)], Departed(next, 100));
        Assert.Equal(["1"], QueueFixture.Texts(await next.ReadAsync(1)));
        Assert.True(await next.IsDrainedAsync());
    }

    [Fact]
    public async Task A_number_that_goes_to_another_record_leaves_none_of_the_last_behind()
    {
        await using var queue = await OpenAsync(TimeSpan.FromSeconds(1));
        queue.AppendMany(1, 2);
        queue.Time.Advance(TimeSpan.FromSeconds(1));
        await queue.WrittenAsync();
        var records = await queue.ReadAsync(2);
        Assert.False(queue.Reader.TryKeep(5, records[1].Position));
        await SecuredAsync(5);
        Assert.False(queue.Reader.TryForget(5, records[1].Position));
        await SecuredAsync(5, 5);
        queue.Reader.Acknowledge(records[1].Position);
        queue.AppendMany(3, 1);
        Assert.True(queue.Reader.TryKeep(5, Assert.Single(await queue.ReadAsync(1)).Position));
        queue.Time.Advance(TimeSpan.FromSeconds(1));
        await queue.WrittenAsync();

        await using var next = await queue.KillAsync();
        Assert.Equal([(5, "3", false)], Departed(next, 100));
        Assert.Equal(["1"], QueueFixture.Texts(await next.ReadAsync(1)));
        Assert.True(await next.IsDrainedAsync());
    }

    [Fact]
    public async Task A_number_is_that_of_the_last_record_that_had_it()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero);
        queue.AppendMany(1, 2);
        var records = await queue.ReadAsync(2);
        queue.Reader.TryKeep(1, records[0].Position);
        queue.Reader.TryKeep(1, records[1].Position);
        queue.Reader.TryKeep(2, records[1].Position);
        await SecuredAsync(1, 1, 2);

        await queue.ReopenAsync();
        Assert.Equal([(2, "2", false)], Departed(queue, 100));
    }

    [Fact]
    public async Task What_is_in_memory_alone_leaves_at_once_and_costs_the_disk_nothing()
    {
        await using var queue = await OpenAsync(TimeSpan.FromSeconds(1));
        await queue.HealthAsync(QueueHealth.Healthy); // and the number of the start is written
        var written = queue.Statistics.BytesWritten;
        queue.AppendMany(1, 100);
        foreach (var (index, record) in (await queue.ReadAsync(100)).Index())
        {
            Assert.True(queue.Reader.TryKeep((ushort)(index + 1), record.Position));
            Assert.True(queue.Reader.TryForget((ushort)(index + 1), record.Position));
            queue.Reader.Acknowledge(record.Position);
        }

        queue.Time.Advance(TimeSpan.FromMinutes(1));
        await queue.WrittenAsync();
        Assert.Equal(written, queue.Statistics.BytesWritten);
        Assert.Empty(_secured);
    }

    [Fact]
    public async Task What_left_from_memory_is_written_with_its_number_when_it_is_due()
    {
        await using var queue = await OpenAsync(TimeSpan.FromSeconds(1));
        queue.AppendMany(1, 2);
        var records = await queue.ReadAsync(2);
        Assert.True(queue.Reader.TryKeep(9, records[1].Position));
        await queue.WrittenWhenDueAsync();
        Assert.False(queue.Reader.TryForget(9, records[1].Position));
        await SecuredAsync(9);
        await queue.ReopenAsync();
        Assert.Equal([(9, "2", true)], Departed(queue, 100));
        Assert.Equal(["1"], QueueFixture.Texts(await queue.ReadAsync(1)));
    }

    [Fact]
    public async Task What_arrived_from_memory_is_written_as_that_if_its_number_is_not_forgotten_in_time()
    {
        await using var queue = await OpenAsync(TimeSpan.FromSeconds(1));
        queue.AppendMany(1, 2);
        var records = await queue.ReadAsync(2);
        Assert.True(queue.Reader.TryKeep(9, records[1].Position));
        Assert.True(queue.Reader.TryForget(9, records[1].Position));
        queue.Time.Advance(TimeSpan.FromSeconds(1));
        await queue.WrittenAsync();
        await queue.ReopenAsync();
        Assert.Equal([(9, "2", true)], Departed(queue, 100));
        Assert.Equal(["1"], QueueFixture.Texts(await queue.ReadAsync(1)));
    }

    [Fact]
    public async Task A_number_that_the_uplink_has_no_more_is_no_obstacle()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero);
        queue.AppendMany(1, 2);
        var records = await queue.ReadAsync(2);
        queue.Reader.TryKeep(21, records[0].Position);
        await SecuredAsync(21);
        await queue.ReopenAsync();
        Assert.Empty(Departed(queue, 20));
        Assert.Equal(["1", "2"], QueueFixture.Texts(await queue.ReadAsync(2)));
    }

    [Fact]
    public async Task A_disk_that_always_has_something_to_write_keeps_no_number_waiting()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero);
        queue.AppendMany(1, 1);
        var record = Assert.Single(await queue.ReadAsync(1));
        var isSecured = false;
        queue.Reader.Secured = _ => Volatile.Write(ref isSecured, true);

        // Whenever one is on the disk, there is another that is not.
        queue.OnAccepted = () =>
        {
            var appending = new Thread(() => _ = Volatile.Read(ref isSecured) ? AppendOutcome.Refused : queue.Append("one more"));
            appending.Start();
            appending.Join();
        };
        queue.AppendMany(2, 1);
        await Eventually.TrueAsync(() => queue.Accepted.Count > 10);
        Assert.False(queue.Reader.TryKeep(7, record.Position));
        await Eventually.TrueAsync(() => Volatile.Read(ref isSecured));
    }

    [Fact]
    public async Task Without_a_disk_nothing_waits()
    {
        await using var queue = await OpenAsync(TimeSpan.Zero);
        queue.AppendMany(1, 1);
        var record = Assert.Single(await queue.ReadAsync(1));
        await queue.Queue.DisposeAsync();
        queue.Options = queue.Options with { Folder = "/proc/no-such-folder" };
        await queue.OpenAsync();
        queue.Reader.Secured = Note;
        queue.AppendMany(1, 1);
        record = Assert.Single(await queue.ReadAsync(1));
        if (!queue.Reader.TryKeep(1, record.Position))
        {
            await SecuredAsync(1);
        }
    }

    private static List<(int, string?, bool)> Departed(QueueFixture queue, int maxLabel) => [.. queue.Reader.TakeDeparted(maxLabel).Select(Text)];

    private static (int Label, string? Text, bool HasArrived) Text(DepartedRecord departed) =>
        (departed.Label, departed.Record is { } record ? QueueFixture.Texts([record])[0] : null, departed.HasArrived);

    private async Task<QueueFixture> OpenAsync(TimeSpan maxLoss, DrainOrder order = DrainOrder.Strict)
    {
        var queue = new QueueFixture();
        queue.Options = queue.Options with { MaxLoss = maxLoss, Readers = [new("uplink", order)] };
        await queue.OpenAsync();
        queue.Reader.Secured = Note;
        return queue;
    }

    private void Note(IReadOnlyList<ushort> labels)
    {
        lock (_secured)
        {
            _secured.AddRange(labels);
        }
    }

    private Task SecuredAsync(params ushort[] labels) => Eventually.TrueAsync(
        () =>
        {
            lock (_secured)
            {
                return _secured.SequenceEqual(labels);
            }
        },
        () => $"secured are {string.Join(' ', _secured)}");
}
