using Gateway.Storage.Queue;
using Gateway.Storage.Tests.Timing;
using Gateway.Storage.Timing;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.Queue;

/// <summary>Records of a machine that boots without knowing the time, and what steps of the clock do to the queue: nothing.</summary>
public class ClockTests
{
    private static readonly DateTimeOffset Booted = new(1970, 1, 1, 0, 0, 30, TimeSpan.Zero);
    private static readonly DateTimeOffset RightTime = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<int> MaxLossSeconds => [0, 1];

    [Theory]
    [MemberData(nameof(MaxLossSeconds))]
    public async Task What_waits_when_the_clock_is_synchronised_has_its_right_time(int seconds)
    {
        await using var fixture = Create(seconds, out var machine);
        await fixture.OpenAsync();
        await AppendEverySecondAsync(fixture, 3000);
        Synchronise(fixture, machine); // an hour less ten minutes later

        var records = await fixture.ReadAsync(3000);
        Assert.DoesNotContain(records, record => record.IsUnsynchronised);
        Assert.Equal(Enumerable.Range(0, 3000).Select(n => RightTime - TimeSpan.FromSeconds(3000 - n)), records.Select(record => record.Time));
    }

    [Fact]
    public async Task Records_on_the_disk_are_corrected_by_one_row()
    {
        const int openingCommits = 1;
        await using var fixture = Create(3600, out var machine);
        await fixture.OpenAsync();
        for (var n = 0; n < 1000; n++)
        {
            fixture.AppendMany(n, 1);
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
        }

        // In one transaction, so that none after it finds a log that is to be moved. What it took is told after it has been written.
        await fixture.WrittenWhenDueAsync();
        await CommittedAsync(openingCommits + 1);
        var before = fixture.Statistics.BytesWritten;
        var first = RightTime - (fixture.Time.GetUtcNow() - Booted);
        Synchronise(fixture, machine);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return Ask(fixture, "SELECT offset FROM boot") is not DBNull;
        });

        await CommittedAsync(openingCommits + 2);
        Assert.InRange(fixture.Statistics.BytesWritten - before, 1, 20_000);
        Assert.Equal(1000L, Ask(fixture, "SELECT count(*) FROM record WHERE unsynchronised = 1"));
        var device = Assert.Single(QueueInspector.Inspect(fixture.Options.Folder)!.Devices);
        Assert.Equal((first, first + TimeSpan.FromSeconds(999)), (device.OldestTime, device.NewestTime));

        Task CommittedAsync(int commits) =>
            Eventually.TrueAsync(() => fixture.Statistics.Commits == commits, () => $"{fixture.Statistics.Commits} of {commits} commits");
    }

    [Fact]
    public async Task A_service_that_starts_again_corrects_what_the_one_before_it_took_in()
    {
        await using var fixture = Create(0, out var machine);
        await fixture.OpenAsync();
        await AppendEverySecondAsync(fixture, 10);
        await fixture.Queue.DisposeAsync();
        Synchronise(fixture, machine); // while it was not running

        Start(fixture, machine);
        await fixture.OpenAsync();
        fixture.Append("new");
        var records = await fixture.ReadAsync(11);
        Assert.Equal(Enumerable.Range(0, 11).Select(n => RightTime - TimeSpan.FromSeconds(10 - n)), records.Select(record => record.Time));
        Assert.DoesNotContain(records, record => record.IsUnsynchronised);
    }

    [Fact]
    public async Task What_was_synchronised_since_the_machine_started_counts_as_that_after_a_restart_too()
    {
        await using var fixture = Create(0, out var machine);
        machine.IsKernelSynchronised = true;
        Start(fixture, machine);
        await fixture.OpenAsync();
        await fixture.Queue.DisposeAsync();

        // Nine hours without a network, and the kernel calls its clock unsynchronised again.
        machine.IsKernelSynchronised = false;
        Start(fixture, machine);
        await fixture.OpenAsync();
        fixture.Append("new");
        Assert.False(Assert.Single(await fixture.ReadAsync(1)).IsUnsynchronised);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_read_before_has_its_right_time_when_it_is_read_again(bool isRepeated)
    {
        await using var fixture = Create(1, out var machine);
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        var early = await fixture.ReadAsync(3);
        Assert.All(early, record => Assert.True(record.IsUnsynchronised));
        Synchronise(fixture, machine);
        fixture.Append("4");
        if (isRepeated)
        {
            early.ForEach(record => fixture.Reader.Repeat(record.Position));
        }
        else
        {
            fixture.Reader.Rewind();
        }

        var again = await fixture.ReadAsync(4);
        Assert.Equal(QueueFixture.Numbers(1, 4), QueueFixture.Texts(again));
        Assert.All(again, record => Assert.Equal((RightTime, false), (record.Time, record.IsUnsynchronised)));
        Assert.Equal(again[0].Time, fixture.Reader.Correct(early[0]).Time);
    }

    [Theory]
    [InlineData(DrainOrder.Strict, false)]
    [InlineData(DrainOrder.Strict, true)]
    [InlineData(DrainOrder.LiveFirst, false)]
    [InlineData(DrainOrder.LiveFirst, true)]
    public async Task A_backlog_that_is_held_for_the_clock_leaves_whole_and_right_once_it_is_known(DrainOrder order, bool wasRead)
    {
        await using var fixture = Create(1, out var machine);
        fixture.Options = fixture.Options with { Readers = [new QueueReaderOptions("uplink", order)] };
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        if (wasRead)
        {
            await fixture.ReadAsync(3);
            fixture.Reader.Rewind();
        }

        fixture.Time.Advance(TimeSpan.FromSeconds(11));
        fixture.Reader.HoldsForClock = true;
        fixture.Reader.BeginLive();
        fixture.AppendMany(6, 2);
        fixture.AppendUrgent("alarm");
        string[] expected = order == DrainOrder.Strict ? ["alarm"] : ["alarm", "6", "7"];
        var early = await fixture.ReadAsync(expected.Length);
        Assert.Equal(expected, QueueFixture.Texts(early));
        Assert.All(early, record => Assert.Equal((true, false), (record.IsUnsynchronised, record.IsBacklog)));
        Assert.True(await fixture.IsDrainedAsync());
        QueueFixture.Acknowledge(fixture.Reader, early);
        Assert.True(fixture.Reader.IsHolding);
        Assert.False(fixture.Reader.IsBacklogDone);
        Assert.Equal(8 - expected.Length, fixture.Statistics.Depth);

        Synchronise(fixture, machine);
        fixture.Reader.HoldsForClock = false;
        var late = await fixture.ReadAsync(8 - expected.Length);
        Assert.Equal(QueueFixture.Numbers(1, order == DrainOrder.Strict ? 7 : 5), QueueFixture.Texts(late));
        Assert.All(late.Take(5), record => Assert.Equal((RightTime - TimeSpan.FromSeconds(11), false), (record.Time, record.IsUnsynchronised)));
        Assert.All(late.Skip(5), record => Assert.Equal((RightTime, false), (record.Time, record.IsUnsynchronised)));
        Assert.All(late, record => Assert.Equal(order == DrainOrder.LiveFirst, record.IsBacklog));
        QueueFixture.Acknowledge(fixture.Reader, late);
        Assert.True(fixture.Reader.IsBacklogDone);
        Assert.Equal(0, fixture.Statistics.Depth);
    }

    [Theory]
    [InlineData(DrainOrder.Strict)]
    [InlineData(DrainOrder.LiveFirst)]
    public async Task What_comes_again_and_overtakes_a_held_backlog_is_not_overtaken_by_what_is_newer(DrainOrder order)
    {
        await using var fixture = Create(1, out var machine);
        fixture.Options = fixture.Options with { Readers = [new QueueReaderOptions("uplink", order)] };
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        await fixture.ReadAsync(3);
        fixture.Reader.Rewind();
        fixture.Time.Advance(TimeSpan.FromSeconds(11));
        fixture.Reader.HoldsForClock = true;
        fixture.Reader.BeginLive();
        fixture.AppendMany(6, 2);
        fixture.AppendUrgent("alarm");
        string[] before = order == DrainOrder.Strict ? ["alarm"] : ["alarm", "6", "7"];
        var early = await fixture.ReadAsync(before.Length);
        Assert.Equal(before, QueueFixture.Texts(early));

        early.ForEach(record => fixture.Reader.Repeat(record.Position));
        fixture.AppendMany(8, 1);
        string[] again = order == DrainOrder.Strict ? before : [.. before, "8"];
        Assert.Equal(again, QueueFixture.Texts(await fixture.ReadAsync(again.Length)));
        fixture.Reader.Rewind();
        fixture.AppendMany(9, 1);
        again = order == DrainOrder.Strict ? before : [.. again, "9"];
        Assert.Equal(again, QueueFixture.Texts(await fixture.ReadAsync(again.Length)));
        Assert.True(await fixture.IsDrainedAsync());
        Assert.True(fixture.Reader.IsHolding);

        Synchronise(fixture, machine);
        fixture.Reader.HoldsForClock = false;
        var late = QueueFixture.Numbers(1, order == DrainOrder.Strict ? 9 : 5);
        Assert.Equal(late, QueueFixture.Texts(await fixture.ReadAsync(late.Length)));
    }

    [Fact]
    public async Task Nothing_is_held_whose_time_is_known_or_never_will_be()
    {
        await using var fixture = Create(0, out _);
        await fixture.OpenAsync();
        fixture.AppendMany(1, 2);
        await fixture.Queue.DisposeAsync();
        Start(fixture, new MachineClock(fixture.Time)); // another start of the machine, which does not know the time either
        await fixture.OpenAsync();
        fixture.AppendMany(3, 2);
        await fixture.AcceptedAsync(4);
        fixture.Time.Advance(TimeSpan.FromSeconds(11));
        fixture.AppendMany(5, 1); // has waited for a moment only
        await fixture.AcceptedAsync(5);
        fixture.Reader.HoldsForClock = true;
        fixture.Reader.BeginLive();

        Assert.Equal(QueueFixture.Numbers(1, 2), QueueFixture.Texts(await fixture.ReadAsync(2)));
        Assert.True(await fixture.IsDrainedAsync());
        fixture.Reader.HoldsForClock = false; // nobody waits any longer
        var marked = await fixture.ReadAsync(3);
        Assert.Equal(QueueFixture.Numbers(3, 3), QueueFixture.Texts(marked));
        Assert.All(marked, record => Assert.True(record.IsUnsynchronised));
    }

    [Fact]
    public async Task Nothing_is_held_that_has_waited_for_a_moment_only()
    {
        await using var fixture = Create(1, out _);
        await fixture.OpenAsync();
        fixture.AppendMany(1, 2);
        fixture.Time.Advance(TimeSpan.FromSeconds(9));
        fixture.Reader.HoldsForClock = true;
        fixture.Reader.BeginLive();
        fixture.Time.Advance(TimeSpan.FromSeconds(9)); // nor later

        Assert.Equal(QueueFixture.Numbers(1, 2), QueueFixture.Texts(await fixture.ReadAsync(2)));
        Assert.False(fixture.Reader.IsHolding);
    }

    [Fact]
    public async Task A_start_of_the_machine_that_never_knew_the_time_stays_marked()
    {
        await using var fixture = Create(0, out _);
        await fixture.OpenAsync();
        await AppendEverySecondAsync(fixture, 3);
        await fixture.Queue.DisposeAsync();

        var next = new MachineClock(fixture.Time) { IsKernelSynchronised = true };
        fixture.Time.StepUtc(RightTime - fixture.Time.GetUtcNow());
        Start(fixture, next);
        await fixture.OpenAsync();
        fixture.Append("4");

        Assert.Equal([true, true, true, false], (await fixture.ReadAsync(4)).Select(record => record.IsUnsynchronised));
        Assert.Equal(0, fixture.Statistics.Dropped);
    }

    [Fact]
    public async Task A_boot_at_1970_finds_nothing_too_old_or_in_the_future()
    {
        await using var fixture = Create(0, out var machine, RightTime);
        machine.IsKernelSynchronised = true;
        Start(fixture, machine);
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        await fixture.AcceptedAsync(3);
        await fixture.Queue.DisposeAsync();

        fixture.Time.StepUtc(Booted - RightTime);
        var next = new MachineClock(fixture.Time);
        Start(fixture, next);
        await fixture.OpenAsync();
        fixture.AppendMany(4, 3);
        await MaintainAsync(fixture);
        next.IsKernelSynchronised = true;
        fixture.Time.StepUtc(RightTime + TimeSpan.FromDays(2) - fixture.Time.GetUtcNow());
        await MaintainAsync(fixture);

        Assert.Equal(QueueFixture.Numbers(1, 6), QueueFixture.Texts(await fixture.ReadAsync(6)));
    }

    [Theory]
    [InlineData(31, 0)]
    [InlineData(31, 1)]
    [InlineData(-31, 0)]
    [InlineData(-31, 1)]
    public async Task A_step_drops_nothing_by_its_age_and_a_month_does(int days, int seconds)
    {
        await using var fixture = Create(seconds, out var machine, RightTime);
        machine.IsKernelSynchronised = true;
        Start(fixture, machine);
        await fixture.OpenAsync();
        fixture.AppendMany(1, 5);
        await MaintainAsync(fixture);
        fixture.Time.StepUtc(TimeSpan.FromDays(days));
        fixture.AppendMany(6, 5);
        await MaintainAsync(fixture);
        fixture.Time.StepUtc(TimeSpan.FromDays(-2 * days));
        fixture.AppendMany(11, 5);
        await MaintainAsync(fixture);
        Assert.Equal((15, 0), (fixture.Statistics.Depth, fixture.Statistics.Dropped));

        fixture.Time.Advance(TimeSpan.FromDays(31));
        fixture.AppendMany(16, 1);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return fixture.Statistics.Depth == 1;
        });
        Assert.Equal([new QueueDrops(QueueFixture.Device, DropReason.Expired, 15)], fixture.Statistics.Drops);
    }

    [Fact]
    public async Task Nothing_is_too_old_by_the_word_of_a_battery_backed_clock_alone()
    {
        await using var fixture = Create(0, out var machine, RightTime);
        machine.IsKernelSynchronised = true;
        Start(fixture, machine);
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        await fixture.Queue.DisposeAsync();
        fixture.Time.StepUtc(TimeSpan.FromDays(3650)); // the machine starts again with its battery-backed clock years ahead
        machine = new MachineClock(fixture.Time) { IsKernelSynchronised = true, IsUnproven = true };
        Start(fixture, machine);
        await fixture.OpenAsync();
        fixture.AppendMany(4, 3);
        await MaintainAsync(fixture);
        Assert.Equal((6, 0), (fixture.Statistics.Depth, fixture.Statistics.Dropped));

        fixture.Time.StepUtc(TimeSpan.FromDays(-3650)); // the network is there
        machine.IsUnproven = false;
        await MaintainAsync(fixture);
        Assert.Equal((6, 0), (fixture.Statistics.Depth, fixture.Statistics.Dropped));
        fixture.Time.Advance(TimeSpan.FromDays(31));
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(10));
            return fixture.Statistics.Depth == 0;
        });
    }

    [Fact]
    public async Task Records_whose_age_nobody_knows_go_with_the_next_that_is_too_old()
    {
        await using var fixture = Create(0, out _);
        await fixture.OpenAsync();
        fixture.AppendMany(1, 3);
        await fixture.Queue.DisposeAsync();
        var next = new MachineClock(fixture.Time) { IsKernelSynchronised = true };
        Start(fixture, next);
        await fixture.OpenAsync();
        fixture.AppendMany(4, 3);
        fixture.Time.Advance(TimeSpan.FromDays(31));
        fixture.AppendMany(7, 3);

        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(10));
            return fixture.Statistics.Depth == 3;
        });
        Assert.Equal(QueueFixture.Numbers(7, 3), QueueFixture.Texts(await fixture.ReadAsync(3)));
    }

    [Fact]
    public async Task The_age_of_a_record_is_that_by_the_time_since_the_start()
    {
        await using var fixture = Create(1, out var machine);
        await fixture.OpenAsync();
        fixture.Append("1");
        fixture.Time.Advance(TimeSpan.FromMinutes(7));
        Synchronise(fixture, machine);

        Assert.Equal(TimeSpan.FromMinutes(7), fixture.Queue.AgeOf(Assert.Single(await fixture.ReadAsync(1))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_parked_before_the_clock_was_synchronised_is_corrected_too(bool startsAgain)
    {
        await using var fixture = Create(0, out var machine);
        await fixture.OpenAsync();
        await AppendEverySecondAsync(fixture, 1);
        fixture.Reader.Park((await fixture.ReadAsync(1))[0].Position, "NotAuthorized");
        await Eventually.TrueAsync(() => fixture.Statistics.Parked == 1);
        if (startsAgain)
        {
            await fixture.Queue.DisposeAsync();
            Start(fixture, machine);
            await fixture.OpenAsync();
        }

        Synchronise(fixture, machine);
        await Eventually.TrueAsync(() =>
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            return Ask(fixture, "SELECT min(offset) FROM boot") is not DBNull;
        });
        var right = RightTime - TimeSpan.FromSeconds(1);
        var listed = Assert.Single(QueueInspector.ListParked(fixture.Options.Folder)!).Record;
        Assert.Equal((right, false), (listed.Time, listed.IsUnsynchronised));
        fixture.Queue.RetryParked();
        var again = Assert.Single(await fixture.ReadAsync(1));
        Assert.Equal((right, false), (again.Time, again.IsUnsynchronised));
    }

    private static QueueFixture Create(int maxLossSeconds, out MachineClock machine, DateTimeOffset? time = null)
    {
        var fixture = new QueueFixture { Time = new ManualTimeProvider(time ?? Booted) };
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromSeconds(maxLossSeconds) };
        Start(fixture, machine = new MachineClock(fixture.Time));
        return fixture;
    }

    private static void Start(QueueFixture fixture, MachineClock machine) =>
        fixture.Clock = new AcquisitionClock(machine, NullLogger<AcquisitionClock>.Instance);

    private static void Synchronise(QueueFixture fixture, MachineClock machine)
    {
        machine.IsKernelSynchronised = true;
        fixture.Time.StepUtc(RightTime - fixture.Time.GetUtcNow());
        fixture.Time.Advance(TimeSpan.Zero);
    }

    private static async Task AppendEverySecondAsync(QueueFixture fixture, int count)
    {
        for (var n = 0; n < count; n++)
        {
            fixture.AppendMany(n, 1);
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await fixture.AcceptedAsync(count);
        await fixture.WrittenAsync();
    }

    // Twice the writer's time for what it does now and then.
    private static async Task MaintainAsync(QueueFixture fixture)
    {
        for (var n = 0; n < 13; n++)
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(10));
            await fixture.WrittenAsync();
        }
    }

    private static object Ask(QueueFixture fixture, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={fixture.File};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // every text is a constant of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar()!;
    }
}
