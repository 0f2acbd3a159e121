using Gateway.Storage.Queue;
using Gateway.TestSupport;

namespace Gateway.Storage.Tests.Queue;

/// <summary>Records that an uplink does not take stand beside the queue, and hold up nothing.</summary>
public sealed class ParkingTests
{
    [Fact]
    public async Task A_parked_record_is_out_of_the_way_outlives_a_restart_and_comes_again_with_its_key()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        var read = await fixture.ReadAsync(5);
        fixture.Reader.Park(read[1].Position, "the topic is not allowed");
        QueueFixture.Acknowledge(fixture.Reader, read.Where((_, at) => at != 1));
        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: 1 });
        var parked = Assert.Single(QueueInspector.ListParked(fixture.Options.Folder)!);
        Assert.Equal(("uplink", "the topic is not allowed", 1, 2L, "2"), (parked.Reader, parked.Reason, parked.Record.Boot, parked.Record.Sequence, Text(parked.Record)));
        Assert.Equal(read[1].Time, parked.Record.Time);

        await fixture.ReopenAsync();
        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: 1 });
        fixture.Append("6");
        fixture.Queue.RetryParked();
        read = await fixture.ReadAsync(2);
        Assert.Equal([(2, 1L, "6"), (1, 2L, "2")], read.Select(record => (record.Boot, record.Sequence, Text(record))));
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 0);
        Assert.Single(fixture.Accepted);

        // A reopened file is the same file, whatever boot its last record is of.
        await fixture.ReopenAsync();
        Assert.Equal(["6", "2"], (await fixture.ReadAsync(2)).Select(Text));
    }

    [Fact]
    public async Task It_comes_again_for_the_reader_alone_that_parked_it()
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { Readers = [new("a"), new("b")] };
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        var (a, b) = (fixture.Queue.Readers[0], fixture.Queue.Readers[1]);
        QueueFixture.Acknowledge(b, await fixture.ReadAsync(3, b));
        var read = await fixture.ReadAsync(3, a);
        a.Park(read[0].Position, "no");
        QueueFixture.Acknowledge(a, read.Skip(1));
        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: 1 });

        fixture.Queue.RetryParked();
        Assert.Equal("1", Text(Assert.Single(await fixture.ReadAsync(1, a))));
        fixture.Append("4");
        Assert.Equal("4", Text(Assert.Single(await fixture.ReadAsync(1, b))));
        await fixture.WrittenAsync();

        await using var next = await fixture.KillAsync();
        Assert.Equal(["1", "4"], (await next.ReadAsync(2, next.Queue.Readers[0])).Select(Text));
        Assert.Equal("4", Text(Assert.Single(await next.ReadAsync(1, next.Queue.Readers[1]))));
    }

    [Fact]
    public async Task While_it_is_on_its_way_to_the_disk_a_rewind_passes_it_over_and_a_repetition_does_not()
    {
        await using var fixture = new QueueFixture();
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        var read = await fixture.ReadAsync(3);
        fixture.Reader.Park(read[0].Position, "no");
        fixture.Reader.Rewind();
        Assert.Equal(["2", "3"], (await fixture.ReadAsync(2)).Select(Text));
        fixture.Reader.Repeat(read[0].Position);
        fixture.Reader.Repeat(read[2].Position);
        fixture.Reader.Repeat(99);
        Assert.Equal(["3"], (await fixture.ReadAsync(1)).Select(Text));
    }

    [Fact]
    public async Task So_many_are_kept_and_the_oldest_go_counted()
    {
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxSizeBytes = 16_000_000, MaxLoss = TimeSpan.FromSeconds(1) };
        await fixture.OpenAsync();
        fixture.AppendMany(1, ParkedRecord.MaxRecords + 10);
        foreach (var record in await fixture.ReadAsync(ParkedRecord.MaxRecords + 10))
        {
            fixture.Reader.Park(record.Position, "no");
        }

        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: ParkedRecord.MaxRecords });
        Assert.Equal([new QueueDrops(QueueFixture.Device, DropReason.Parked, 10)], fixture.Statistics.Drops);
        Assert.Equal("11", Text(QueueInspector.ListParked(fixture.Options.Folder)![0].Record));

        // A sixteenth of the room is theirs.
        for (var n = 0; n < 3; n++)
        {
            fixture.Append(new string('x', 400_000));
            fixture.Reader.Park(Assert.Single(await fixture.ReadAsync(1)).Position, "too large");
        }

        await Eventually.TrueAsync(() => fixture.Statistics is { Depth: 0, Parked: 2 });
        fixture.Queue.PurgeParked();
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 0);
        Assert.Empty(QueueInspector.ListParked(fixture.Options.Folder)!);
    }

    private static string Text(QueueRecord record) => QueueFixture.Texts([record]).Single();
}
