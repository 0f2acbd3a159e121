using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Gpio;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Gpio;

public sealed class GpioDriverTests : IAsyncDisposable
{
    private static readonly DriverSchema Schema = GpioSchema.Schema;

    private readonly ManualTimeProvider _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stopping = new();
    private SimulatedGpioChip _chip;
    private IListeningBus? _bus;
    private Task _listening = Task.CompletedTask;
    private int _opened;
    private bool _isChipMissing;

    public GpioDriverTests() => _chip = new SimulatedGpioChip(_clock);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_bus is not null)
        {
            await _bus.DisposeAsync();
        }

        _stopping.Dispose();
    }

    [Fact]
    public async Task An_edge_is_reported_at_once_with_its_time_and_by_the_active_level()
    {
        var reader = Open(Point(Schema, "door", ("line", "17"), ("bias", "pull-up"), ("active", "low")));
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(PointValue.From(false), _sink["door"].Value);
        Listen();

        _clock.Advance(TimeSpan.FromSeconds(3));
        var opened = _clock.GetUtcNow();
        _chip.Drive(17, isHigh: false);
        await Eventually.TrueAsync(() => _sink.All.Count == 2);

        Assert.Equal(Reading.Good(_sink["door"].Point, PointValue.From(true), opened), _sink["door"]);
    }

    [Fact]
    public async Task A_change_counts_once_the_line_is_steady()
    {
        var reader = Open(Point(Schema, "door", ("line", "17"), ("debounce", TimeSpan.FromMilliseconds(20))));
        await reader.ReadAsync(_sink, CancellationToken.None);
        Listen();
        foreach (var isHigh in new[] { true, false, true, false, true })
        {
            _chip.Drive(17, isHigh);
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Single(_sink.All);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        await Eventually.TrueAsync(() => _sink.All.Count == 2);
        Assert.Equal(PointValue.From(true), _sink["door"].Value);

        _chip.Drive(17, false);
        _chip.Drive(17, true);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _sink.All.Count);
    }

    [Theory]
    [InlineData("rising", 5)]
    [InlineData("falling", 4)]
    [InlineData("both", 9)]
    public async Task Counted_edges_add_up_and_are_read_at_the_points_own_rate(string edges, long expected)
    {
        var reader = Open(Point(Schema, "meter", ("line", "22"), ("count", edges)));
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(PointValue.From(0), _sink["meter"].Value);
        Listen();

        for (var i = 0; i < 9; i++)
        {
            _chip.Drive(22, isHigh: i % 2 == 0);
        }

        await CountsAsync(reader, expected);
        Assert.All(_sink.All, reading => Assert.Equal("meter", reading.Point.Name));
    }

    [Fact]
    public async Task Edges_that_found_the_buffer_full_are_counted_all_the_same()
    {
        var reader = Open(Point(Schema, "meter", ("line", "22"), ("count", "rising")));
        await reader.ReadAsync(_sink, CancellationToken.None);
        Pulse(100);
        Listen();
        await CountsAsync(reader, 64);
        Pulse(1);

        await CountsAsync(reader, 101);
    }

    [Fact]
    public async Task An_output_begins_inactive_and_keeps_what_was_written()
    {
        var point = new PointDefinition
        {
            DeviceName = "device",
            Name = "relay",
            Every = TimeSpan.FromSeconds(1),
            Writable = true,
            Settings = Section(Schema.Point, ("line", "27"), ("direction", "output"), ("active", "low"), ("write", true)),
        };
        var reader = Open(point);

        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(PointValue.From(false), _sink["relay"].Value);
        Assert.Equal(WriteOutcome.Done, await _bus!.WriteAsync(point, PointValue.From(1), CancellationToken.None));
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(PointValue.From(true), _sink["relay"].Value);
        Assert.Equal("'on' is neither true nor false", (await _bus.WriteAsync(point, PointValue.From("on"), CancellationToken.None)).Error);
    }

    [Fact]
    public async Task A_chip_that_is_gone_is_a_fault_of_the_bus_and_is_taken_up_again()
    {
        var reader = Open(Point(Schema, "door", ("line", "17")));
        _isChipMissing = true;
        Listen();
        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "gpio-failed"), await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal((Quality.Bad, "gpio-failed"), (_sink["door"].Quality, _sink["door"].Reason));

        _isChipMissing = false;
        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal(1, _opened);
        await Eventually.TrueAsync(() => _clock.ArmedTimers > 0);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _chip.Drive(17, true);
        await Eventually.TrueAsync(() => _sink["door"].Value == PointValue.From(true));
    }

    [Fact]
    public async Task A_simulation_moves_the_inputs_by_their_waveforms()
    {
        PointDefinition[] points =
        [
            Point(Schema, "door", ("line", "1"), ("active", "low"), ("simulate", "toggle(10 s)")),
            Point(Schema, "meter", ("line", "2"), ("count", "rising")),
        ];
        var device = Device(Schema, [], points);
        var driver = new GpioDriver(GpioSimulation.Open);
        await using var bus = (IListeningBus)driver.Open(Bus(Schema, [("gpio", new List<string> { "gpiochip0" })], device), new DriverContext(_clock, NullLogger.Instance));
        var reader = bus.CreateReader(device, points);
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(["true", "0"], points.Select(point => _sink[point.Name].Value.ToString()));
        _listening = bus.ListenAsync(_sink, _stopping.Token);

        _clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _sink["door"].Value == PointValue.From(false));
        _clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _sink["door"].Value == PointValue.From(true));
        await CountsAsync(reader, 5);
    }

    [Fact]
    public void What_does_not_suit_is_an_error()
    {
        var bus = Bus(
            Schema,
            [("gpio", new List<string> { "gpiochip0" })],
            Device(
                Schema,
                [],
                Point(Schema, "a", ("line", "17")),
                Point(Schema, "b", ("line", "17")),
                Point(Schema, "b2", ("line", "17"), ("bias", "pull-up")),
                Point(Schema, "c", ("line", "27"), ("direction", "output"), ("debounce", TimeSpan.FromSeconds(1)), ("count", "both")),
                new PointDefinition
                {
                    DeviceName = "device",
                    Name = "d",
                    Every = TimeSpan.FromSeconds(1),
                    Writable = true,
                    Settings = Section(Schema.Point, ("line", "4"), ("write", true)),
                }));
        var diagnostics = new List<Diagnostic>();

        new GpioDriver((_, _) => OpenChip()).Validate(bus, diagnostics);

        Assert.Equal(
            [
                "test.yaml:2:1: error: line 17 is that of device.a too, which has another 'bias'; write the same for both",
                "test.yaml:3:1: error: 'debounce' is for inputs; this line is an output",
                "test.yaml:4:1: error: 'count' is for inputs; this line is an output",
                "test.yaml:2:1: error: an input cannot be written; add 'direction: output'",
            ],
            diagnostics.Select(diagnostic => diagnostic.ToString()));
    }

    // A read of lines in software completes at once.
    private Task CountsAsync(IPointReader reader, long expected) => Eventually.TrueAsync(
        () => reader.ReadAsync(_sink, CancellationToken.None).AsTask().IsCompletedSuccessfully && _sink["meter"].Value == PointValue.From(expected),
        () => $"counted {_sink["meter"].Value}, not {expected}");

    private void Pulse(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _chip.Drive(22, true);
            _chip.Drive(22, false);
        }
    }

    private IPointReader Open(PointDefinition point)
    {
        var device = Device(Schema, [], point);
        var driver = new GpioDriver((_, _) => OpenChip());
        _bus = (IListeningBus)driver.Open(Bus(Schema, [("gpio", new List<string> { "gpiochip0" })], device), new DriverContext(_clock, NullLogger.Instance) { Memory = new FakeMemory() });
        return _bus.CreateReader(device, device.Points);
    }

    private SimulatedGpioChip OpenChip()
    {
        if (_isChipMissing)
        {
            throw new IOException("There is no chip.");
        }

        _opened++;
        return _chip = new SimulatedGpioChip(_clock);
    }

    private void Listen() => _listening = _bus!.ListenAsync(_sink, _stopping.Token);
}
