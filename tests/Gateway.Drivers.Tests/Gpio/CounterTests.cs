using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Drivers.Gpio;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Gpio;

public sealed class CounterTests
{
    [Fact]
    public async Task A_count_goes_on_after_a_restart_and_says_once_that_it_was_interrupted()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("meter", ("line", "22"), ("count", "rising")));
        await gpio.OpenAsync();
        Assert.Equal((Quality.Good, null), (gpio.Sink["meter"].Quality, gpio.Sink["meter"].Reason));
        gpio.Pulse(22, 5);
        await gpio.IsAsync("meter", "5");
        await gpio.CloseAsync();
        Assert.Equal(5, gpio.Memory["meter", "count"]);

        await gpio.OpenAsync();
        Assert.Equal((PointValue.From(5), Quality.Uncertain, "restored"), (gpio.Sink["meter"].Value, gpio.Sink["meter"].Quality, gpio.Sink["meter"].Reason));
        await gpio.ReadAsync();
        Assert.Equal(Quality.Good, gpio.Sink["meter"].Quality);
        gpio.Pulse(22, 2);
        await gpio.IsAsync("meter", "7");
    }

    [Fact]
    public async Task Pulses_that_came_just_before_the_stop_count()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("meter", ("line", "22"), ("count", "rising")));
        await gpio.OpenAsync();
        gpio.Pulse(22, 30);
        await gpio.CloseAsync();
        Assert.Equal(30, gpio.Memory["meter", "count"]);
    }

    [Fact]
    public async Task A_write_sets_the_count_to_what_the_meter_shows()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("meter", ("line", "22"), ("count", "rising"), ("write", true)));
        await gpio.OpenAsync();
        Assert.Null(await gpio.WriteAsync("meter", PointValue.From(123_456.4m)));
        Assert.Equal(123_456, gpio.Memory["meter", "count"]);
        gpio.Pulse(22, 1);
        await gpio.IsAsync("meter", "123457");
        Assert.Equal("'-1' is no count", await gpio.WriteAsync("meter", PointValue.From(-1)));
        Assert.Equal("'full' is no count", await gpio.WriteAsync("meter", PointValue.From("full")));
    }

    [Fact]
    public async Task Lost_edges_are_counted_by_their_numbers_and_doubted_once()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("meter", ("line", "22"), ("count", "rising")));
        await gpio.OpenAsync();
        var pulses = 0;
        await Eventually.TrueAsync(() =>
        {
            // More than the buffer of 64 holds, faster than they are taken.
            gpio.Pulse(22, 1000);
            pulses += 1000;
            return gpio.Errors.Of("device").Count > 0;
        });
        Assert.Equal("edges-lost", gpio.Errors.Of("device")[0].Key);

        // The last ones may have been lost too; the next that finds room, when no more are taken, tells of them.
        var last = "";
        await Eventually.TrueAsync(async () =>
        {
            var value = await gpio.ValueAsync("meter");
            if (value == last && value != $"{pulses}")
            {
                gpio.Pulse(22, 1);
                pulses++;
            }

            last = value;
            return value == $"{pulses}";
        });
        Assert.Contains(gpio.Sink.All, reading => reading is { Quality: Quality.Uncertain, Reason: "edges-lost" });
        await gpio.ReadAsync();
        Assert.Equal(Quality.Good, gpio.Sink["meter"].Quality);
    }

    [Theory]
    [InlineData(GpioEdges.Rising, GpioEdges.Rising)]
    [InlineData(GpioEdges.Both, GpioEdges.Both)]
    [InlineData(GpioEdges.Rising, GpioEdges.Both)]
    [InlineData(GpioEdges.Falling, GpioEdges.Both)]
    public void Edges_that_are_taken_back_are_those_that_were_counted(GpioEdges meant, GpioEdges told)
    {
        foreach (var isRising in told == GpioEdges.Both ? new[] { true, false } : [true])
        {
            for (var missed = 1; missed < 10; missed++)
            {
                // Of an odd number of edges of both kinds one is a guess.
                var guess = meant == told ? 0 : missed % 2;
                var difference = Counting.Count(isRising, missed, meant, told) + Counting.Count(isRising, -missed, meant, told) - (2 * Counting.Count(isRising, 0, meant, told));
                Assert.InRange(difference, -guess, guess);
            }
        }
    }

    [Fact]
    public async Task Lost_edges_are_each_an_error_of_the_device_and_a_doubt_of_the_rate_for_its_window()
    {
        await using var gpio = new GpioFixture(
            GpioFixture.Input("meter", ("line", "22"), ("count", "rising")),
            GpioFixture.Input("flow", ("line", "22"), ("rate", "rising"), ("window", TimeSpan.FromSeconds(10))))
        { ListensAtOnce = false };
        await gpio.OpenAsync();
        gpio.Pulse(22, 100); // 64 find room
        gpio.Listen();
        await gpio.IsAsync("meter", "64");
        gpio.Pulse(22, 1);
        await gpio.IsAsync("meter", "101");

        Assert.Equal([new("edges-lost", 36)], gpio.Errors.Of("device"));
        Assert.Equal((Quality.Uncertain, "edges-lost"), (gpio.Sink["flow"].Quality, gpio.Sink["flow"].Reason));
        gpio.Clock.Advance(TimeSpan.FromSeconds(9));
        await gpio.ReadAsync();
        Assert.Equal(Quality.Uncertain, gpio.Sink["flow"].Quality);
        gpio.Clock.Advance(TimeSpan.FromSeconds(1));
        await gpio.ReadAsync();
        Assert.Equal(Quality.Good, gpio.Sink["flow"].Quality);
    }

    [Fact]
    public async Task A_rate_is_doubted_for_its_window_after_the_chip_was_gone()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("flow", ("line", "22"), ("rate", "rising"), ("window", TimeSpan.FromSeconds(10))));
        await gpio.OpenAsync();
        Assert.Equal(Quality.Good, gpio.Sink["flow"].Quality);
        await gpio.PullAsync();
        gpio.PlugIn();
        await gpio.ReadAsync();
        Assert.Equal((Quality.Uncertain, "interrupted"), (gpio.Sink["flow"].Quality, gpio.Sink["flow"].Reason));
        gpio.Clock.Advance(TimeSpan.FromSeconds(10));
        await gpio.ReadAsync();
        Assert.Equal(Quality.Good, gpio.Sink["flow"].Quality);
    }

    [Fact]
    public async Task A_count_survives_a_chip_that_was_pulled_and_says_that_nobody_counted()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("meter", ("line", "22"), ("count", "rising")));
        await gpio.OpenAsync();
        gpio.Pulse(22, 5);
        await gpio.IsAsync("meter", "5");
        await gpio.PullAsync();
        gpio.PlugIn();
        gpio.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("5", await gpio.ValueAsync("meter"));
        Assert.Equal((Quality.Uncertain, "interrupted"), (gpio.Sink["meter"].Quality, gpio.Sink["meter"].Reason));
        gpio.Clock.Advance(TimeSpan.FromSeconds(1));
        gpio.Pulse(22, 1);
        await gpio.IsAsync("meter", "6");
    }

    [Fact]
    public async Task Several_points_may_be_made_of_one_line()
    {
        await using var gpio = new GpioFixture(
            GpioFixture.Input("door", ("line", "GPIO22")),
            GpioFixture.Input("openings", ("line", "GPIO22"), ("count", "rising")),
            GpioFixture.Input("closings", ("line", "GPIO22"), ("count", "falling")),
            GpioFixture.Input("rate", ("line", "GPIO22"), ("rate", "rising"), ("per", "min")));
        await gpio.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            gpio.Clock.Advance(TimeSpan.FromSeconds(1));
            gpio.Chip.Drive(22, true);
            gpio.Clock.Advance(TimeSpan.FromSeconds(1));
            gpio.Chip.Drive(22, i == 2);
        }

        await gpio.IsAsync("openings", "3");
        await gpio.IsAsync("closings", "2");
        await gpio.IsAsync("rate", "30");
        Assert.Equal("true", gpio.Sink["door"].Value.ToString());
        Assert.Equal(6, gpio.Sink.Finished.Count + 1);
    }

    [Fact]
    public async Task A_count_for_one_command_is_not_written()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("meter", ("line", "22"), ("count", "rising"), ("write", true))) { IsService = false };
        await gpio.OpenAsync();
        Assert.Equal("a count is kept by the service; start it and write again", await gpio.WriteAsync("meter", PointValue.From(1)));
    }

    private sealed class Counting : GpioPoint
    {
        private Counting()
            : base(GpioFixture.Input("meter", ("line", "22")))
        {
        }

        public static int Count(bool isRising, int missed, GpioEdges meant, GpioEdges told) =>
            CountEdges(new GpioEdge(22, isRising, default, default, missed), meant, told);

        public override Reading Read(DateTimeOffset now) => throw new NotSupportedException();
    }
}
