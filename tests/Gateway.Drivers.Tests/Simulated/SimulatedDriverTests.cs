using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Simulated;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Simulated;

public class SimulatedDriverTests
{
    private static readonly (string, object)[] Selected = [("simulated", true)];

    private readonly SimulatedDriver _driver = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly RecordingSink _sink = new();

    [Fact]
    public async Task Reads_each_point_at_the_time_of_the_clock()
    {
        var (bus, reader) = Open(
            Point(_driver.Schema, "steady", ("simulate", "constant(5)")),
            Point(_driver.Schema, "rising", ("simulate", "ramp(0, 100, 60 s)")));
        await using var _ = bus;

        _clock.Advance(TimeSpan.FromSeconds(30));
        var outcome = await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(ReadOutcome.Answered, outcome);
        Assert.Equal(["steady", "rising"], _sink.All.Select(reading => reading.Point.Name));
        Assert.Equal("50", _sink["rising"].Value.ToString());
        Assert.Equal(_clock.GetUtcNow(), _sink["rising"].Time);
        Assert.All(_sink.All, reading => Assert.Equal(Quality.Good, reading.Quality));
    }

    [Fact]
    public async Task A_written_point_keeps_what_was_written()
    {
        var point = Point(_driver.Schema, "setpoint", ("simulate", "ramp(0, 100, 60 s)"));
        var (bus, reader) = Open(point);
        await using var _ = bus;

        Assert.True((await bus.WriteAsync(point, PointValue.From(42), CancellationToken.None)).Succeeded);
        _clock.Advance(TimeSpan.FromSeconds(7));
        await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(PointValue.From(42), _sink["setpoint"].Value);
    }

    [Fact]
    public async Task Shows_the_raw_value_that_scaling_turns_into_the_waveform()
    {
        var settings = Section(_driver.Schema.Point, ("simulate", "constant(23.5)"));
        var (bus, reader) = Open(new PointDefinition
        {
            DeviceName = "device",
            Name = "scaled",
            Every = TimeSpan.FromSeconds(1),
            Settings = settings,
            Scale = 0.1m,
            Offset = -10,
        });
        await using var _ = bus;

        await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal("335", _sink["scaled"].Value.ToString());
    }

    [Fact]
    public async Task An_enumeration_steps_through_its_numbers()
    {
        var (bus, reader) = Open(new PointDefinition
        {
            DeviceName = "device",
            Name = "mode",
            Every = TimeSpan.FromSeconds(1),
            Settings = Section(_driver.Schema.Point),
            Enumeration = new Dictionary<long, string> { [2] = "comfort", [0] = "off", [1] = "eco" },
        });
        await using var _ = bus;

        for (var i = 0; i < 4; i++)
        {
            await reader.ReadAsync(_sink, CancellationToken.None);
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([0L, 1, 2, 0], _sink.All.Select(reading => reading.Value.AsInteger));
    }

    [Fact]
    public void A_waveform_that_is_none_and_a_bus_that_is_not_selected_are_errors()
    {
        var bus = Bus(_driver.Schema, [("simulated", false)], Device(_driver.Schema, [], Point(_driver.Schema, "x", ("simulate", "cosine(1)"))));
        var diagnostics = new List<Diagnostic>();

        _driver.Validate(bus, diagnostics);

        Assert.Equal(2, diagnostics.Count);
        Assert.Equal("test.yaml:1:1: error: 'simulated: false' selects no bus; write 'simulated: true', or another kind of bus", diagnostics[0].ToString());
        Assert.StartsWith("test.yaml:1:1: error: 'cosine(1)' is no waveform", diagnostics[1].ToString(), StringComparison.Ordinal);
    }

    private (IBus Bus, IPointReader Reader) Open(params PointDefinition[] points)
    {
        var device = Device(_driver.Schema, [], points);
        var bus = _driver.Open(Bus(_driver.Schema, Selected, device), new DriverContext(_clock, NullLogger.Instance));
        return (bus, bus.CreateReader(device, points));
    }
}
