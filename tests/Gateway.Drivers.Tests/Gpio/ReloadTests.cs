using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.TestSupport;
using static Gateway.Drivers.Tests.Gpio.GpioFixture;

namespace Gateway.Drivers.Tests.Gpio;

/// <summary>Points come, change and go on a chip whose lines stay the bus's.</summary>
public sealed class ReloadTests : IAsyncDisposable
{
    private readonly List<string> _trace = [];
    private GpioFixture? _gpio;
    private int _edgesTaken;

    public ValueTask DisposeAsync() => _gpio?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task An_output_is_not_touched_while_the_line_of_another_point_becomes_another()
    {
        var (relay, lamp) = (Output("relay", ("line", "27")), Output("lamp", ("line", "5"), ("start", "on")));
        var gpio = await OpenAsync(relay, Input("door", ("line", "17")), lamp);
        await gpio.WriteAsync("relay", PointValue.From(true));
        _trace.Clear();

        await gpio.ReloadAsync(relay, Input("door", ("line", "17"), ("debounce", TimeSpan.FromMilliseconds(20)), ("active", "low")), lamp);

        Assert.Equal(["change 17"], _trace);
        Assert.Equal((true, true), (gpio.Chip.IsHigh(27), gpio.Chip.IsHigh(5)));
        Assert.Equal("true", await gpio.ValueAsync("relay"));
        Assert.Equal("true", await gpio.ValueAsync("door"));
        gpio.Chip.Drive(17, true);
        await Eventually.TrueAsync(() => gpio.Clock.ArmedTimers > 0);
        gpio.Clock.Advance(TimeSpan.FromMilliseconds(20));
        await Eventually.TrueAsync(() => gpio.Sink["door"].Value == PointValue.From(false));
    }

    [Fact]
    public async Task An_output_whose_map_says_something_else_is_what_it_was()
    {
        var gpio = await OpenAsync(Output("relay", ("line", "27"), ("start", "off"), ("stop", "off")));
        await gpio.WriteAsync("relay", PointValue.From(true));
        _trace.Clear();

        await gpio.ReloadAsync(Output("relay", ("line", "27"), ("start", "last"), ("stop", "on")));

        Assert.Empty(_trace);
        Assert.Equal("true", await gpio.ValueAsync("relay"));
        await gpio.WriteAsync("relay", PointValue.From(false));
        Assert.False(gpio.Chip.IsHigh(27));
        await gpio.CloseAsync();
        Assert.True(gpio.Chip.IsHigh(27));
    }

    [Fact]
    public async Task An_output_that_is_gone_is_given_its_state_for_the_stop_and_begins_anew_when_it_is_back()
    {
        var kept = Output("kept", ("line", "5"));
        var gpio = await OpenAsync(kept, Output("relay", ("line", "27"), ("start", "on"), ("stop", "off")));
        await gpio.WriteAsync("kept", PointValue.From(true));

        _trace.Clear();
        await gpio.ReloadAsync(kept);
        Assert.False(gpio.Chip.IsHigh(27));
        Assert.Equal(["write 27 False", "release 27"], _trace);
        await gpio.ReloadAsync(kept, Output("relay", ("line", "27"), ("start", "on"), ("stop", "off")));

        Assert.True(gpio.Chip.IsHigh(27));
        Assert.Equal("true", await gpio.ValueAsync("relay"));
        Assert.DoesNotContain(_trace, call => call == "write 5 False");
        Assert.True(gpio.Chip.IsHigh(5));
    }

    [Fact]
    public async Task A_line_that_has_another_name_now_is_not_given_back_in_between()
    {
        var lamp = Output("lamp", ("line", "5"));
        var gpio = await OpenAsync(lamp, Output("relay", ("line", "27"), ("stop", "keep")), Input("door", ("line", "17")));
        await gpio.WriteAsync("relay", PointValue.From(true));
        _trace.Clear();

        await gpio.ReloadAsync(lamp, Output("relay", ("line", "GPIO27"), ("start", "keep")));

        Assert.Equal(["release 17"], _trace);
        Assert.True(gpio.Chip.IsHigh(27));
        Assert.Equal("true", await gpio.ValueAsync("relay"));
    }

    [Fact]
    public async Task A_pulse_that_has_begun_ends_though_its_map_changes()
    {
        var gpio = await OpenAsync(Output("opener", ("line", "27"), ("pulse", TimeSpan.FromSeconds(1))));
        await gpio.WriteAsync("opener", PointValue.From(true));

        await gpio.ReloadAsync(Output("opener", ("line", "27"), ("pulse", TimeSpan.FromSeconds(2))));
        Assert.True(gpio.Chip.IsHigh(27));
        gpio.Clock.Advance(TimeSpan.FromSeconds(2));

        await Eventually.TrueAsync(() => !gpio.Chip.IsHigh(27));
    }

    [Fact]
    public async Task A_counter_goes_on_counting_while_lines_come_and_change()
    {
        var meter = Input("meter", ("line", "22"), ("count", "rising"));
        var gpio = await OpenAsync(meter, Input("door", ("line", "17")));
        gpio.Pulse(22, 10);
        await gpio.IsAsync("meter", "10");

        gpio.Pulse(22, 10);
        await gpio.ReloadAsync(meter, Input("door", ("line", "17"), ("bias", "pull-up")), Input("gate", ("line", "4")));
        gpio.Pulse(22, 10);
        await gpio.IsAsync("meter", "30");
        Assert.Equal(Quality.Good, gpio.Sink["meter"].Quality);

        gpio.Chip.Drive(4, true);
        await Eventually.TrueAsync(() => gpio.Sink["gate"].Value == PointValue.From(true));
    }

    [Fact]
    public async Task A_counter_whose_own_point_changes_loses_no_pulse_that_comes_meanwhile()
    {
        PointDefinition Meter(bool isWritable) => Input("meter", ("line", "22"), ("count", "rising"), ("write", isWritable));
        var gpio = await OpenAsync(Meter(true));
        for (var reloads = 1; reloads <= 20; reloads++)
        {
            gpio.Pulse(22, 3);
            await gpio.IsAsync("meter", $"{(10 * reloads) - 7}");
            var taken = Volatile.Read(ref _edgesTaken);
            gpio.Memory.Loaded = () =>
            {
                gpio.Pulse(22, 7);
                Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _edgesTaken) > taken, TimeSpan.FromSeconds(60)));
            };
            await gpio.ReloadAsync(Meter(reloads % 2 == 0));
            await gpio.IsAsync("meter", $"{10 * reloads}");
        }
    }

    [Fact]
    public async Task A_counter_is_not_doubted_when_its_line_gets_and_loses_a_point_of_the_same_edges()
    {
        var meter = Input("meter", ("line", "22"), ("count", "rising"));
        var flow = Input("flow", ("line", "22"), ("rate", "rising"));
        var gpio = await OpenAsync(meter);
        gpio.Pulse(22, 10);
        await gpio.IsAsync("meter", "10");

        await gpio.ReloadAsync(meter, flow);
        Assert.Equal(("10", Quality.Good), (await gpio.ValueAsync("meter"), gpio.Sink["meter"].Quality));
        Assert.Equal(Quality.Good, gpio.Sink["flow"].Quality);
        await gpio.ReloadAsync(meter);
        Assert.Equal(("10", Quality.Good), (await gpio.ValueAsync("meter"), gpio.Sink["meter"].Quality));
        Assert.Empty(_trace);

        // Here the kernel sets the line up anew.
        await gpio.ReloadAsync(meter, Input("closings", ("line", "22"), ("count", "falling")));
        Assert.Equal(["change 22"], _trace);
        await gpio.ReadAsync();
        Assert.Equal("interrupted", gpio.Sink["meter"].Reason);
    }

    private async Task<GpioFixture> OpenAsync(params PointDefinition[] points)
    {
        _gpio = new GpioFixture(points) { Wrap = chip => new TracedChip(chip, _trace, count => Interlocked.Add(ref _edgesTaken, count)) };
        await _gpio.OpenAsync();
        return _gpio;
    }

    /// <summary>Writes down what is done to lines.</summary>
    private sealed class TracedChip(IGpioChip chip, List<string> trace, Action<int> edgesTaken) : IGpioChip
    {
        public int? FindLine(string name) => chip.FindLine(name);

        public IGpioLines Request(IReadOnlyList<GpioLineSettings> lines) => new TracedLines(chip.Request(lines), trace, edgesTaken);

        public ValueTask DisposeAsync() => chip.DisposeAsync();
    }

    private sealed class TracedLines(IGpioLines lines, List<string> trace, Action<int> edgesTaken) : IGpioLines
    {
        public TimeSpan Uptime => lines.Uptime;

        public IReadOnlyDictionary<int, GpioLineFault> LeftOut => lines.LeftOut;

        public GpioLineFault? Add(GpioLineSettings line)
        {
            trace.Add($"add {line.Line}");
            return lines.Add(line);
        }

        public GpioLineFault? Change(GpioLineSettings line)
        {
            trace.Add($"change {line.Line}");
            return lines.Change(line);
        }

        public bool Release(int line)
        {
            trace.Add($"release {line}");
            return lines.Release(line);
        }

        public bool Read(int line) => lines.Read(line);

        public void Write(int line, bool value)
        {
            trace.Add($"write {line} {value}");
            lines.Write(line, value);
        }

        public async ValueTask<int> ReadEdgesAsync(Memory<GpioEdge> edges, CancellationToken cancellationToken)
        {
            var count = await lines.ReadEdgesAsync(edges, cancellationToken);
            edgesTaken(count);
            return count;
        }

        public ValueTask DisposeAsync()
        {
            trace.Add("given back");
            return lines.DisposeAsync();
        }
    }
}
