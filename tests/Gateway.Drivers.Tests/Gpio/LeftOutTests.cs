using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Gpio;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Gpio;

/// <summary>One bad line does not take the chip down.</summary>
public sealed class LeftOutTests
{
    private static readonly GpioLineFault Busy = new("busy", "Line 10 of gpiochip0 is taken by 'spi0 CS0'; end that, or use another line.");

    [Fact]
    public async Task The_points_of_a_line_that_cannot_be_had_are_bad_for_themselves()
    {
        await using var gpio = Plant();
        gpio.Chip.Refuse(10, Busy);
        await gpio.OpenAsync();

        Assert.Equal(
            ["door good false", "meter good 0", "relay good true", "lamp bad busy"],
            new[] { "door", "meter", "relay", "lamp" }.Select(point => gpio.Sink[point]).Select(reading => $"{reading.Point.Name} {(reading.Quality == Quality.Good ? $"good {reading.Value}" : $"bad {reading.Reason}")}"));
        Assert.Equal(ReadOutcome.Answered, await gpio.ReadAsync());
        Assert.True(gpio.Chip.IsHigh(5));
        gpio.Chip.Drive(1, true);
        await Eventually.TrueAsync(() => gpio.Sink["door"].Value == PointValue.From(true));
        gpio.Pulse(3, 5);
        await gpio.IsAsync("meter", "5");
        Assert.Null(await gpio.WriteAsync("relay", PointValue.From(false)));
        Assert.False(gpio.Chip.IsHigh(5));
        Assert.Equal(Busy.Message.TrimEnd('.'), await gpio.WriteAsync("lamp", PointValue.From(true)));
    }

    [Fact]
    public async Task A_line_that_becomes_free_is_taken_alone_and_told_while_the_others_go_on()
    {
        await using var gpio = Plant();
        gpio.Chip.Refuse(10, Busy);
        await gpio.OpenAsync();
        gpio.Pulse(3, 5);
        await gpio.IsAsync("meter", "5");
        await gpio.WriteAsync("relay", PointValue.From(false));
        var told = gpio.Sink.Finished.Count;

        gpio.Chip.Refuse(10, null);
        await Eventually.TrueAsync(() =>
        {
            gpio.Clock.Advance(TimeSpan.FromSeconds(1));
            return gpio.Sink["lamp"].Quality == Quality.Good;
        });
        await Eventually.TrueAsync(() => gpio.Sink.Finished.Count > told);
        Assert.Null(await gpio.WriteAsync("lamp", PointValue.From(true)));
        Assert.Equal((true, false), (gpio.Chip.IsHigh(10), gpio.Chip.IsHigh(5)));
        gpio.Pulse(3, 2);
        await gpio.IsAsync("meter", "7");
        Assert.DoesNotContain(gpio.Sink.All, reading => reading.Quality == Quality.Uncertain);
    }

    [Fact]
    public async Task It_is_tried_again_ever_more_rarely()
    {
        await using var gpio = Plant();
        gpio.Chip.Refuse(10, Busy);
        await gpio.OpenAsync();
        foreach (var (seconds, tries) in new[] { (1, 2), (2, 3), (4, 4), (8, 5), (16, 6), (30, 7), (30, 8) })
        {
            await Eventually.TrueAsync(() => gpio.Clock.ArmedTimers == 1);
            gpio.Clock.Advance(TimeSpan.FromSeconds(seconds - 0.5));
            Assert.Equal((1, tries - 1), (gpio.Clock.ArmedTimers, gpio.Errors.Of("device").Single().Value));
            gpio.Clock.Advance(TimeSpan.FromSeconds(0.5));
            await Eventually.TrueAsync(() => gpio.Errors.Of("device").Single() is { Key: "busy" } busy && busy.Value == tries);
        }
    }

    [Fact]
    public async Task A_device_none_of_whose_lines_can_be_had_does_not_answer()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("a", ("line", "10")), GpioFixture.Input("b", ("line", "11")));
        gpio.Chip.Refuse(10, Busy);
        gpio.Chip.Refuse(11, Busy);
        await gpio.OpenAsync();

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "busy"), await gpio.ReadAsync());
        gpio.Chip.Refuse(11, null);
        await Eventually.TrueAsync(() =>
        {
            gpio.Clock.Advance(TimeSpan.FromSeconds(1));
            return gpio.Sink.Finished.Contains(("device", true)); // so that it is read before its turn
        });
        Assert.Equal(ReadOutcome.Answered, await gpio.ReadAsync());
    }

    [Fact]
    public async Task A_name_that_no_line_has_and_a_second_name_of_one_cost_their_own_points()
    {
        await using var gpio = new GpioFixture(
            GpioFixture.Input("door", ("line", "17")),
            GpioFixture.Input("again", ("line", "GPIO17")),
            GpioFixture.Input("misnamed", ("line", "nobody")))
        { Wrap = chip => new ChipWithout("nobody", chip) };
        await gpio.OpenAsync();

        Assert.Equal((Quality.Good, "busy", "not-there"), (gpio.Sink["door"].Quality, gpio.Sink["again"].Reason, gpio.Sink["misnamed"].Reason));
    }

    [Fact]
    public async Task An_output_that_comes_late_has_what_it_became_meanwhile()
    {
        await using var gpio = new GpioFixture(
            GpioFixture.Input("door", ("line", "1")),
            GpioFixture.Output("pump", ("line", "10"), ("start", "on"), ("on-uplink-loss", "off"), ("uplink-loss-after", TimeSpan.FromSeconds(30))));
        gpio.Chip.Refuse(10, Busy);
        await gpio.OpenAsync();
        gpio.UplinkAbsence = TimeSpan.FromSeconds(40);
        var asked = gpio.UplinkAsked;
        await Eventually.TrueAsync(() =>
        {
            gpio.Clock.Advance(TimeSpan.FromSeconds(1));
            return gpio.UplinkAsked > asked + 1;
        });
        gpio.Chip.Refuse(10, null);
        await Eventually.TrueAsync(() =>
        {
            gpio.Clock.Advance(TimeSpan.FromSeconds(1));
            return gpio.Sink["pump"].Quality == Quality.Good;
        });

        Assert.False(gpio.Chip.IsHigh(10));
        Assert.Null(await gpio.WriteAsync("pump", PointValue.From(true)));
        Assert.True(gpio.Chip.IsHigh(10));
    }

    [Fact]
    public async Task A_fault_of_the_listening_ends_it_though_outputs_wait_for_the_loss_of_the_uplink()
    {
        await using var gpio = new GpioFixture(GpioFixture.Input("door", ("line", "1")), GpioFixture.Output("pump", ("line", "10"), ("on-uplink-loss", "on")))
        { Wrap = chip => new ChipThatThrows(chip) };
        await gpio.OpenAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => gpio.Listening.WaitAsync(TimeSpan.FromSeconds(60)));

        // Whoever owns the bus lets it listen anew.
        gpio.Listen();
        gpio.Chip.Drive(1, true);
        await Eventually.TrueAsync(() => gpio.Sink["door"].Value == PointValue.From(true));
    }

    private static GpioFixture Plant() => new(
        GpioFixture.Input("door", ("line", "1")),
        GpioFixture.Input("meter", ("line", "3"), ("count", "rising")),
        GpioFixture.Output("relay", ("line", "5"), ("start", "on")),
        GpioFixture.Output("lamp", ("line", "10")));

    private class Chip(SimulatedGpioChip chip) : IGpioChip
    {
        public virtual int? FindLine(string name) => chip.FindLine(name);

        public virtual IGpioLines Request(IReadOnlyList<GpioLineSettings> lines) => chip.Request(lines);

        public ValueTask DisposeAsync() => chip.DisposeAsync();
    }

    private sealed class ChipWithout(string missing, SimulatedGpioChip chip) : Chip(chip)
    {
        public override int? FindLine(string name) => name == missing ? null : base.FindLine(name);
    }

    private sealed class ChipThatThrows(SimulatedGpioChip chip) : Chip(chip)
    {
        public override IGpioLines Request(IReadOnlyList<GpioLineSettings> lines) => new Lines(base.Request(lines));

        private sealed class Lines(IGpioLines lines) : IGpioLines
        {
            private bool _hasThrown;

            public TimeSpan Uptime => lines.Uptime;

            public bool Read(int line) => lines.Read(line);

            public void Write(int line, bool value) => lines.Write(line, value);

            public ValueTask<int> ReadEdgesAsync(Memory<GpioEdge> edges, CancellationToken cancellationToken) =>
                Interlocked.Exchange(ref _hasThrown, true) ? lines.ReadEdgesAsync(edges, cancellationToken) : throw new InvalidOperationException("A bug.");

            public ValueTask DisposeAsync() => lines.DisposeAsync();
        }
    }
}
