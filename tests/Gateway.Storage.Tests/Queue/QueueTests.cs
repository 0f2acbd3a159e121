using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>What holds for every queue, whatever its durability.</summary>
public class QueueTests
{
    public static TheoryData<int> MaxLossSeconds => [0, 1, 60];

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Records_are_read_in_the_order_of_appending_with_their_key_and_time(int seconds)
    {
        await using var fixture = await OpenAsync(seconds);
        fixture.AppendMany(1, 3);

        var records = await fixture.ReadAsync(3);

        Assert.Equal(["1", "2", "3"], QueueFixture.Texts(records));
        Assert.Equal([1L, 2, 3], records.Select(record => record.Sequence));
        Assert.All(records, record => Assert.Equal((1, "meter", "flow"), (record.Boot, record.Device, record.Point)));
        Assert.All(records, record => Assert.Equal(fixture.Time.GetUtcNow(), record.Time));
        Assert.True(records[0].Position < records[1].Position && records[1].Position < records[2].Position);
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task The_observer_is_told_how_far_records_are_on_the_disk(int seconds)
    {
        await using var fixture = await OpenAsync(seconds);
        Assert.Equal(AppendOutcome.Taken, fixture.Queue.Append(fixture.Time.GetUtcNow(), "meter", "flow", "1"u8.ToArray(), isUrgent: false, out var first));
        fixture.AppendMany(2, 10);
        Assert.Equal(AppendOutcome.Taken, fixture.Queue.Append(fixture.Time.GetUtcNow(), "meter", "flow", "12"u8.ToArray(), isUrgent: false, out var last));
        Assert.Equal(first + 11, last);
        if (seconds > 0)
        {
            Assert.Equal(0, fixture.SecuredThrough);
            fixture.Time.Advance(TimeSpan.FromSeconds(seconds));
        }

        await Eventually.TrueAsync(() => fixture.SecuredThrough == last);
        Assert.Equal(12, QueueInspector.Inspect(fixture.Options.Folder)!.Records);
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task The_observer_is_told_of_each_record_once_in_order(int seconds)
    {
        await using var fixture = await OpenAsync(seconds);
        fixture.AppendMany(1, 5000);

        await fixture.AcceptedAsync(5000);

        Assert.Equal(QueueFixture.Numbers(1, 5000), QueueFixture.Texts(fixture.Accepted));
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Appends_of_many_threads_keep_the_order_of_each(int seconds)
    {
        await using var fixture = await OpenAsync(seconds);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var n = 0; n < 500; n++)
            {
                fixture.Append($"{n}", device: $"device{thread}");
            }
        })));

        var records = await fixture.ReadAsync(2000);

        Assert.All(records.GroupBy(record => record.Device), device => Assert.Equal(QueueFixture.Numbers(0, 500), QueueFixture.Texts(device)));
        await fixture.AcceptedAsync(2000);
        Assert.Equal(records, fixture.Accepted);
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task After_a_restart_what_was_not_acknowledged_comes_before_what_is_new(int seconds)
    {
        await using var fixture = await OpenAsync(seconds);
        fixture.AppendMany(1, 10);
        await fixture.ReadAndAcknowledgeAsync(4);

        await fixture.ReopenAsync();
        fixture.AppendMany(11, 2);
        var records = await fixture.ReadAsync(8);

        Assert.Equal(QueueFixture.Numbers(5, 8), QueueFixture.Texts(records));
        Assert.Equal([(1, 5L), (1, 10L), (2, 1L), (2, 2L)], new[] { 0, 5, 6, 7 }.Select(n => (records[n].Boot, records[n].Sequence)));
        Assert.Equal(records.Select(record => record.Position).Order(), records.Select(record => record.Position));
        Assert.Equal(2, fixture.Queue.Boot);
    }

    [Fact]
    public async Task What_is_read_from_the_disk_is_what_was_appended()
    {
        await using var fixture = await OpenAsync(0);
        var time = new DateTimeOffset(2026, 11, 22, 3, 4, 5, TimeSpan.FromHours(2)).AddTicks(1234567);
        fixture.Queue.Append(time, "Zähler 1", "", ReadOnlyMemory<byte>.Empty);
        fixture.Queue.Append(time, "Zähler 1", "Temperatur/°C", new byte[] { 0, 255, 10 });

        await fixture.ReopenAsync();
        var records = await fixture.ReadAsync(2);

        Assert.Equal(["", "Temperatur/°C"], records.Select(record => record.Point));
        Assert.All(records, record => Assert.Equal("Zähler 1", record.Device));
        Assert.All(records, record => Assert.Equal(time.AddTicks(-7).ToUniversalTime(), record.Time)); // to the microsecond
        Assert.Equal([0, 3], records.Select(record => record.Body.Length));
        Assert.Equal([0, 255, 10], records[1].Body.ToArray());
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task Rewind_brings_what_is_not_acknowledged_again_in_order_and_nothing_else(int seconds)
    {
        await using var fixture = await OpenAsync(seconds);
        fixture.AppendMany(1, 8);
        var records = await fixture.ReadAsync(6);
        foreach (var index in new[] { 4, 0, 2 })
        {
            fixture.Reader.Acknowledge(records[index].Position);
        }

        fixture.Reader.Rewind();

        Assert.Equal(["2", "4", "6", "7", "8"], QueueFixture.Texts(await fixture.ReadAsync(5)));
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task What_was_acknowledged_out_of_order_does_not_come_again_after_a_restart(int seconds)
    {
        await using var fixture = await OpenAsync(seconds);
        fixture.AppendMany(1, 5);
        var records = await fixture.ReadAsync(5);
        fixture.Reader.Acknowledge(records[3].Position);
        fixture.Reader.Acknowledge(records[1].Position);

        await fixture.ReopenAsync();

        Assert.Equal(["1", "3", "5"], QueueFixture.Texts(await fixture.ReadAsync(3)));
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Fact]
    public async Task An_acknowledgement_that_fits_nothing_is_ignored()
    {
        await using var fixture = await OpenAsync(1);
        fixture.AppendMany(1, 2);
        var first = (await fixture.ReadAsync(1))[0];
        fixture.Reader.Acknowledge(first.Position);
        fixture.Reader.Acknowledge(first.Position);
        fixture.Reader.Acknowledge(first.Position + 1); // not read yet
        fixture.Reader.Acknowledge(4711);

        Assert.Equal((1, 1), (fixture.Statistics.Depth, fixture.Statistics.Acknowledged));
        Assert.Equal(["2"], QueueFixture.Texts(await fixture.ReadAsync(1)));
    }

    [Fact]
    public async Task A_read_waits_for_a_record_and_can_be_cancelled_without_losing_any()
    {
        await using var fixture = await OpenAsync(1);
        using var cancellation = new CancellationTokenSource();
        var cancelled = fixture.Reader.ReadAsync(new QueueRecord[1], cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        var reading = fixture.ReadAsync(1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Reader.ReadAsync(new QueueRecord[1], default).AsTask());
        fixture.Append("1");

        Assert.Equal(["1"], QueueFixture.Texts(await reading));
    }

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task A_backlog_larger_than_memory_is_drained_in_order_while_new_records_come(int seconds)
    {
        await using var fixture = await OpenAsync(seconds, options => options with { MemoryLimitBytes = 100_000 });
        for (var n = 0; n < 20; n++)
        {
            fixture.AppendMany(1 + (n * 250), 250);
            await Eventually.TrueAsync(() =>
            {
                fixture.Time.Advance(TimeSpan.FromMinutes(1));
                return fixture.Statistics.UnwrittenBytes == 0;
            });
            await fixture.AcceptedAsync((n + 1) * 250);
        }

        Assert.Equal(5000, fixture.Statistics.Depth);
        Assert.InRange(fixture.Statistics.MemoryBytes, 0, 100_000);
        var read = new List<QueueRecord>();
        for (var n = 0; n < 50; n++)
        {
            fixture.AppendMany(5001 + (n * 2), 2);
            var records = await fixture.ReadAsync(102);
            read.AddRange(records);
            records.ForEach(record => fixture.Reader.Acknowledge(record.Position));
        }

        Assert.Equal(QueueFixture.Numbers(1, 5100), QueueFixture.Texts(read));
        Assert.Equal((0, 5100, 0), (fixture.Statistics.Depth, fixture.Statistics.Acknowledged, fixture.Statistics.Dropped));
        Assert.Null(fixture.Statistics.OldestTime);
    }

    [Fact]
    public async Task No_more_records_are_outstanding_than_there_are_packet_identifiers()
    {
        await using var fixture = await OpenAsync(1);
        fixture.AppendMany(1, QueueReader.MaxOutstanding + 5);
        var records = await fixture.ReadAsync(QueueReader.MaxOutstanding);
        Assert.True(await fixture.IsDrainedAsync());

        var reading = fixture.ReadAsync(1);
        fixture.Reader.Acknowledge(records[7].Position);

        Assert.Equal([$"{QueueReader.MaxOutstanding + 1}"], QueueFixture.Texts(await reading));
    }

    [Fact]
    public async Task Without_a_reader_records_are_numbered_and_offered_and_not_stored()
    {
        await using var fixture = await OpenAsync(0, options => options with { Readers = [] });
        fixture.AppendMany(1, 100);

        Assert.Equal(QueueFixture.Numbers(1, 100), QueueFixture.Texts(fixture.Accepted));
        Assert.Equal(Enumerable.Range(1, 100).Select(n => (1, (long)n)), fixture.Accepted.Select(record => (record.Boot, record.Sequence)));
        Assert.Empty(fixture.Queue.Readers);
        Assert.Equal((0, 0), (fixture.Statistics.Depth, fixture.Statistics.MemoryBytes));

        fixture.Options = fixture.Options with { Readers = [new("uplink")] };
        await fixture.ReopenAsync();
        Assert.Equal(2, fixture.Queue.Boot);
        Assert.True(await fixture.IsDrainedAsync());
    }

    [Fact]
    public async Task A_backlog_outlives_a_start_without_a_reader()
    {
        await using var fixture = await OpenAsync(0);
        fixture.AppendMany(1, 3);
        await fixture.AcceptedAsync(3);

        fixture.Options = fixture.Options with { Readers = [] };
        await fixture.ReopenAsync();
        await Eventually.TrueAsync(() => fixture.Statistics.Depth == 3);
        fixture.Append("only offered");
        fixture.Options = fixture.Options with { Readers = [new("uplink")] };
        await fixture.ReopenAsync();

        Assert.Equal(["1", "2", "3"], QueueFixture.Texts(await fixture.ReadAsync(3)));
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_an_error_of_the_caller()
    {
        await using var fixture = await OpenAsync(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => fixture.Queue.Append(default, "d", "p", new byte[QueueOptions.MaxBodyLength + 1]));
    }

    private static async Task<QueueFixture> OpenAsync(int maxLossSeconds, Func<QueueOptions, QueueOptions>? change = null)
    {
        var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(maxLossSeconds) };
        fixture.Options = change?.Invoke(fixture.Options) ?? fixture.Options;
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        return fixture;
    }
}
