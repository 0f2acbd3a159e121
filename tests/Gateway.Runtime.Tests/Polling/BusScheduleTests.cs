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
            Timeline(new BusSchedule(bus, new PollOptions()), 7, _ => true));
    }

    [Fact]
    public void Devices_of_one_rate_are_spread_over_the_period()
    {
        var bus = Points.Bus(Points.Device("a", Points.Point("x", "a", 4)), Points.Device("b", Points.Point("y", "b", 4)));
        Assert.Equal("0 x|0 y|2 y|4 x|6 y|8 x", Timeline(new BusSchedule(bus, new PollOptions()), 6, _ => true));
    }

    [Fact]
    public void A_silent_device_is_asked_with_growing_pauses_and_its_neighbour_as_ever()
    {
        var bus = Points.Bus(Points.Device("dead", Points.Point("x", "dead", 0.1)), Points.Device("well", Points.Point("y", "well", 100)));
        Assert.Equal(
            "0 x|0 y|0.5 x|1.5 x|3.5 x|7.5 x|15.5 x|31.5 x|50 y|63.5 x|123.5 x|150 y|183.5 x",
            Timeline(new BusSchedule(bus, new PollOptions()), 13, device => device.Name == "well"));
    }

    [Fact]
    public void Polls_that_could_not_be_kept_are_left_out_and_counted()
    {
        var schedule = new BusSchedule(Points.Bus(Points.Device("a", Points.Point("x", "a", 1))), new PollOptions());
        foreach (var now in (double[])[0, 1, 4.5])
        {
            var device = schedule.Next(out _);
            schedule.Succeed(device, device.DueGroups(TimeSpan.FromSeconds(now)), TimeSpan.FromSeconds(now));
        }

        Assert.Equal(2, schedule.Missed);
        schedule.Next(out var due);
        Assert.Equal(TimeSpan.FromSeconds(5), due);
    }

    [Fact]
    public void More_than_64_rates_lose_no_point()
    {
        var points = Enumerable.Range(1, 100).Select(i => Points.Point($"p{i}", "a", i)).ToArray();
        var schedule = new BusSchedule(Points.Bus(Points.Device("a", points)), new PollOptions());
        var device = schedule.Next(out _);
        Assert.Equal(points, device.PointsOf(device.DueGroups(TimeSpan.Zero)));
    }

    private static string Timeline(BusSchedule schedule, int reads, Func<DeviceDefinition, bool> answers)
    {
        var lines = new List<string>();
        var now = TimeSpan.Zero;
        for (var i = 0; i < reads; i++)
        {
            var device = schedule.Next(out var due);
            now = due > now ? due : now;
            var mask = device.DueGroups(now);
            lines.Add(FormattableString.Invariant($"{now.TotalSeconds:0.###} {string.Join(',', device.PointsOf(mask).Select(p => p.Name))}"));
            if (answers(device.Device))
            {
                schedule.Succeed(device, mask, now);
            }
            else
            {
                schedule.Fail(device, mask, now);
            }
        }

        return string.Join('|', lines);
    }
}
