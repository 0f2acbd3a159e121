using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Polling;

namespace Gateway.Runtime.Tests.Polling;

public sealed class BusScheduleTests
{
    [Fact]
    public void Groups_of_harmonic_rates_come_due_together()
    {
        var bus = Points.Bus(Points.Device("a", Points.Point("fast", "a", 1), Points.Point("slow", "a", 5)));
        Assert.Equal(
            "0 fast,slow|1 fast|2 fast|3 fast|4 fast|5 fast,slow|6 fast",
            Timeline(new BusSchedule(bus, new PollOptions()), 7));
    }

    [Fact]
    public void Devices_of_one_rate_are_spread_over_the_period()
    {
        var bus = Points.Bus(Points.Device("a", Points.Point("x", "a", 4)), Points.Device("b", Points.Point("y", "b", 4)));
        Assert.Equal("0 x|0 y|2 y|4 x|6 y|8 x", Timeline(new BusSchedule(bus, new PollOptions()), 6));
        Assert.Equal("0 x|0 y|1 x|3 y|5 x|7 y", Timeline(new BusSchedule(bus, new PollOptions { Phase = 0.5 }), 6));
    }

    [Fact]
    public void A_device_that_is_the_same_keeps_its_times_when_others_change_and_those_are_due_at_once()
    {
        var same = Points.Device("same", Points.Point("s", "same", 4));
        var schedule = new BusSchedule(Points.Bus(Points.Device("old", Points.Point("o", "old", 4)), same), new PollOptions());
        Assert.Equal("0 o|0 s|2 s|4 o", Timeline(schedule, 4));
        var kept = schedule.Find("same")!;

        var gone = schedule.Reload(Points.Bus(same, Points.Device("new", Points.Point("n", "new", 4))), TimeSpan.FromSeconds(5));

        Assert.Equal("old", Assert.Single(gone).Device.Name);
        Assert.Same(kept, schedule.Find("same"));
        Assert.Equal(TimeSpan.FromSeconds(6), kept.Due);
        Assert.Null(schedule.Find("old"));
        Assert.Equal("new", schedule.Next(TimeSpan.FromSeconds(5), out _)?.Device.Name);
    }

    [Fact]
    public void The_earliest_deadline_goes_first_and_no_one_waits_past_its_own()
    {
        // Three slow devices take 0.4 s each, all due at once; the fast one is read between them, as its deadlines are earlier.
        var bus = Points.Bus(
            Points.Device("slow1", Points.Point("s1", "slow1", 10)),
            Points.Device("slow2", Points.Point("s2", "slow2", 10)),
            Points.Device("slow3", Points.Point("s3", "slow3", 9)),
            Points.Device("fast", Points.Point("f", "fast", 0.5)));
        Assert.Equal(
            "0 f|0 s3|0.4 f|0.4 s1|0.8 s2|1.2 f|1.375 f",
            Timeline(new BusSchedule(bus, new PollOptions()), 7, device => device.Name.StartsWith("slow", StringComparison.Ordinal) ? 0.4 : 0));
    }

    [Fact]
    public void On_a_bus_that_is_asked_too_much_everyone_loses_the_same_share()
    {
        // Two devices of 10 Hz would take all of it each: in 100 s there is time for half of what all three want.
        var bus = Points.Bus(
            Points.Device("a", Points.Point("a", "a", 0.1)), Points.Device("b", Points.Point("b", "b", 0.1)), Points.Device("slow", Points.Point("s", "slow", 5)));
        var reads = Timeline(new BusSchedule(bus, new PollOptions()), 1000, _ => 0.1).Split('|');
        Assert.Equal(10, reads.Count(read => read.EndsWith('s')), 1.0);
        Assert.Equal(495, reads.Count(read => read.EndsWith('a')), 5.0);
        Assert.Equal(495, reads.Count(read => read.EndsWith('b')), 5.0);
    }

    [Fact]
    public void A_silent_device_is_asked_with_growing_pauses_and_its_neighbour_as_ever()
    {
        var bus = Points.Bus(Points.Device("dead", Points.Point("x", "dead", 0.1)), Points.Device("well", Points.Point("y", "well", 100)));
        Assert.Equal(
            "0 x|0 y|0.5 x|1.5 x|3.5 x|7.5 x|15.5 x|31.5 x|50 y|63.5 x|123.5 x|150 y|183.5 x",
            Timeline(new BusSchedule(bus, new PollOptions()), 13, answers: device => device.Name == "well"));
    }

    [Fact]
    public void The_pauses_are_those_of_the_map()
    {
        var settings = new Settings(
            new Dictionary<string, object> { ["retry-after"] = TimeSpan.FromSeconds(2), ["max-retry-after"] = TimeSpan.FromSeconds(5) },
            new Dictionary<string, SourceLocation>(),
            new SourceLocation("test.yaml", 1, 1));
        var bus = Points.Bus(new DeviceDefinition { Name = "dead", Settings = settings, Points = [Points.Point("x", "dead", 0.1)] });
        Assert.Equal("0 x|2 x|6 x|11 x|16 x", Timeline(new BusSchedule(bus, new PollOptions()), 5, answers: _ => false));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(31)]
    public void Silent_devices_together_take_a_twentieth_of_the_time(int dead)
    {
        var bus = Points.Bus(
        [
            Points.Device("well", Points.Point("x", "well", 1)),
            .. Enumerable.Range(0, dead).Select(i => Points.Device($"dead{i}", Points.Point("x", $"dead{i}", 1))),
        ]);
        const double Timeout = 0.5;
        var probes = new Dictionary<string, int>();
        var wells = 0;
        Play(new BusSchedule(bus, new PollOptions()), TimeSpan.FromHours(1), device => device.Name == "well" ? 0.01 : Timeout, device => device.Name == "well", (_, device, _) =>
        {
            wells += device.Name == "well" ? 1 : 0;
            probes[device.Name] = probes.GetValueOrDefault(device.Name) + 1;
        });
        probes.Remove("well");

        Assert.InRange(wells, 3420, 3601);
        var spent = probes.Values.Sum() * Timeout;
        Assert.True(spent <= (0.05 * 3600) + 3 + (dead * Timeout), $"{spent} s of an hour went to {dead} silent devices");

        // Each has its turn as often as the others, and as its longest pause of a minute and the twentieth allow.
        Assert.Equal(dead, probes.Count);
        Assert.True(probes.Values.Max() - probes.Values.Min() <= 2, string.Join(',', probes.Values));
        Assert.True(probes.Values.Min() >= Math.Min(60, 360 / dead) - 1, string.Join(',', probes.Values));
    }

    [Fact]
    public void Where_nobody_answers_there_is_nobody_to_be_considered()
    {
        var bus = Points.Bus([.. Enumerable.Range(0, 30).Select(i => Points.Device($"d{i}", Points.Point("x", $"d{i}", 1)))]);
        var probes = 0;
        Play(new BusSchedule(bus, new PollOptions()), TimeSpan.FromHours(1), _ => 1, _ => false, (_, _, _) => probes++);
        Assert.InRange(probes, 30 * 59, 30 * 70);
    }

    [Fact]
    public void Polls_that_could_not_be_kept_are_left_out_and_counted()
    {
        var schedule = new BusSchedule(Points.Bus(Points.Device("a", Points.Point("x", "a", 1))), new PollOptions());
        foreach (var now in (double[])[0, 1, 4.5])
        {
            var device = schedule.Next(TimeSpan.FromSeconds(now), out _)!;
            schedule.Succeed(device, device.DueGroups(TimeSpan.FromSeconds(now)), TimeSpan.FromSeconds(now));
        }

        Assert.Equal(2, schedule.Missed);
        Assert.Null(schedule.Next(TimeSpan.FromSeconds(4.5), out var due));
        Assert.Equal(TimeSpan.FromSeconds(5), due);
    }

    [Fact]
    public void More_than_64_rates_lose_no_point()
    {
        var points = Enumerable.Range(1, 100).Select(i => Points.Point($"p{i}", "a", i)).ToArray();
        var schedule = new BusSchedule(Points.Bus(Points.Device("a", points)), new PollOptions());
        var device = schedule.Next(TimeSpan.Zero, out _)!;
        Assert.Equal(points, device.PointsOf(device.DueGroups(TimeSpan.Zero)));
    }

    private static string Timeline(BusSchedule schedule, int reads, Func<DeviceDefinition, double>? duration = null, Func<DeviceDefinition, bool>? answers = null)
    {
        var lines = new List<string>();
        Play(schedule, TimeSpan.MaxValue, duration ?? (_ => 0), answers ?? (_ => true), (now, _, points) =>
            lines.Add(FormattableString.Invariant($"{now.TotalSeconds:0.###} {string.Join(',', points.Select(p => p.Name))}")), reads);
        return string.Join('|', lines);
    }

    /// <summary>A bus on which time passes in reads only, each as long as its device takes.</summary>
    private static void Play(
        BusSchedule schedule,
        TimeSpan until,
        Func<DeviceDefinition, double> seconds,
        Func<DeviceDefinition, bool> answers,
        Action<TimeSpan, DeviceDefinition, IReadOnlyList<PointDefinition>> onRead,
        int reads = int.MaxValue)
    {
        var now = TimeSpan.Zero;
        while (now < until && reads > 0)
        {
            if (schedule.Next(now, out var due) is not { } device)
            {
                now = due;
                continue;
            }

            reads--;
            var began = now;
            var mask = device.DueGroups(now);
            onRead(now, device.Device, device.PointsOf(mask));
            now += TimeSpan.FromSeconds(seconds(device.Device));
            if (device.IsFailing)
            {
                schedule.Probed(began, now);
            }

            if (answers(device.Device))
            {
                schedule.Succeed(device, mask, began);
            }
            else
            {
                schedule.Fail(device, mask, now);
            }
        }
    }
}
