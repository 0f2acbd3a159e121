using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

public sealed class ModbusReaderTests : IAsyncDisposable
{
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(300);

    private readonly ModbusDriver _driver = new();
    private readonly ScriptedUnit _unit = new();
    private readonly RecordingSink _sink = new();
    private readonly OffsetTimeProvider _clock = new();
    private readonly ErrorCounts _errors = new();
    private readonly List<TimeSpan> _steps = [];
    private IBus? _bus;
    private DeviceDefinition? _device;

    public async ValueTask DisposeAsync()
    {
        if (_bus is not null)
        {
            await _bus.DisposeAsync();
        }

        await _unit.DisposeAsync();
    }

    [Fact]
    public async Task Neighbours_come_in_one_request()
    {
        var reader = Open([0, 1, 5, 16], ("max-gap", 10));

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));

        Assert.Equal([Holding(0, 17)], _unit.TakeRequests());
        Assert.Equal([0L, 1, 5, 16], _sink.All.Select(reading => reading.Value.AsInteger));
    }

    [Fact]
    public async Task A_refused_range_is_split_until_only_the_point_that_is_not_there_fails()
    {
        _unit.Refuse = range => range.Address <= 5 && range.End > 5 ? ExceptionCode.IllegalDataAddress : ExceptionCode.None;
        var reader = Open([0, 1, 2, 3, 4, 5, 6, 7]);

        var outcome = await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(ReadOutcome.Answered, outcome);
        Assert.Equal(8, _sink.All.Count);
        Assert.Equal([0L, 1, 2, 3, 4, 6, 7], _sink.All.Where(reading => reading.Quality == Quality.Good).Select(reading => reading.Value.AsInteger).Order());
        Assert.Equal((Quality.Bad, "exception-2"), (_sink["p5"].Quality, _sink["p5"].Reason));

        // Halves down to the hole; from then on the fewest requests that leave it out.
        Assert.Equal([Holding(0, 8), Holding(0, 4), Holding(4, 4), Holding(4, 2), Holding(4, 1), Holding(5, 1), Holding(6, 2)], _unit.TakeRequests());
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal([Holding(0, 5), Holding(6, 2)], _unit.TakeRequests());
        Assert.Equal((Quality.Bad, "exception-2"), (_sink["p5"].Quality, _sink["p5"].Reason));

        _clock.Offset += DeviceMemory.Lifetime;
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(Holding(0, 8), _unit.TakeRequests()[0]);
    }

    [Fact]
    public async Task A_point_that_is_not_there_is_asked_for_again_with_growing_pauses()
    {
        _unit.Refuse = range => range.Address <= 5 && range.End > 5 ? ExceptionCode.IllegalDataAddress : ExceptionCode.None;
        var reader = Open([4, 5]);
        await reader.ReadAsync(_sink, CancellationToken.None);
        _unit.TakeRequests();

        var asked = new List<int>();
        for (var second = 1; second <= 40; second++)
        {
            _clock.Offset += TimeSpan.FromSeconds(1);
            Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
            asked.AddRange(Enumerable.Repeat(second, _unit.TakeRequests().Count(range => range == Holding(5, 1))));
        }

        Assert.Equal([1, 3, 7, 15, 31], asked);
        Assert.Equal(41, _sink.All.Count(reading => reading is { Point.Name: "p5", Reason: "exception-2" }));

        _unit.Refuse = _ => ExceptionCode.None;
        _clock.Offset += TimeSpan.FromSeconds(40);
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(5L, _sink["p5"].Value.AsInteger);
        _unit.TakeRequests();
        await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal([Holding(4, 2)], _unit.TakeRequests());
    }

    [Fact]
    public async Task Where_all_points_are_refused_the_device_is_still_asked()
    {
        _unit.Refuse = _ => ExceptionCode.IllegalDataValue;
        var reader = Open([4, 5]);
        await reader.ReadAsync(_sink, CancellationToken.None);
        _unit.TakeRequests();

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal([Holding(5, 1)], _unit.TakeRequests());

        _unit.Ignore = _ => true;
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await reader.ReadAsync(_sink, CancellationToken.None));
    }

    [Fact]
    public async Task What_one_reader_learns_of_a_device_the_others_know()
    {
        _unit.Refuse = range => range.Address <= 5 && range.End > 5 ? ExceptionCode.IllegalDataAddress : ExceptionCode.None;
        PointDefinition[] points = [.. Enumerable.Range(0, 10).Select(register => Point(_driver.Schema, $"p{register}", ("holding", register)))];
        var slow = OpenPoints(points);
        var fast = _bus!.CreateReader(_device!, [.. points.Where((_, i) => i % 2 == 0)]);
        await slow.ReadAsync(_sink, CancellationToken.None);
        _unit.TakeRequests();

        await fast.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal([Holding(0, 5), Holding(6, 3)], _unit.TakeRequests());
    }

    [Fact]
    public async Task Failed_requests_are_counted_by_reason()
    {
        _unit.Refuse = range => range.Address == 100 ? ExceptionCode.ServerDeviceFailure : ExceptionCode.None;
        var tries = 0;
        _unit.Ignore = range => range.Address == 0 && tries++ == 0;
        var reader = Open([0, 100], ("timeout", ShortTimeout), ("retries", 1));

        await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(Quality.Good, _sink["p0"].Quality);
        Assert.Equal([new("exception-4", 1), new("timeout", 1)], _errors.Of("device"));
    }

    [Fact]
    public async Task A_hole_between_points_costs_one_more_request_and_no_point()
    {
        _unit.Refuse = range => range.Address <= 4 && range.End > 4 ? ExceptionCode.IllegalDataAddress : ExceptionCode.None;
        var reader = Open([0, 8]);

        await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal([Holding(0, 9), Holding(0, 1), Holding(8, 1)], _unit.TakeRequests());
        Assert.All(_sink.All, reading => Assert.Equal(Quality.Good, reading.Quality));
    }

    [Fact]
    public async Task Another_exception_is_reported_as_it_is_and_the_other_requests_go_on()
    {
        _unit.Refuse = range => range.Address == 0 ? ExceptionCode.ServerDeviceFailure : ExceptionCode.None;
        var reader = Open([0, 1, 50]);

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));

        Assert.Equal(["exception-4", "exception-4", null], _sink.All.Select(reading => reading.Reason));
        Assert.Equal(2, _unit.TakeRequests().Length);
    }

    [Fact]
    public async Task A_request_without_an_answer_is_repeated_as_often_as_the_map_says()
    {
        _unit.Ignore = _ => true;
        var reader = Open([0], ("timeout", ShortTimeout), ("retries", 2));

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal(3, _unit.TakeRequests().Length);
        Assert.Equal("timeout", _sink["p0"].Reason);
    }

    [Fact]
    public async Task A_dead_device_is_asked_once_only_and_for_something_else_next_time()
    {
        _unit.Ignore = _ => true;
        var reader = Open([0, 100, 200], ("timeout", ShortTimeout), ("retries", 3));

        await reader.ReadAsync(_sink, CancellationToken.None);
        _sink.Clear();
        _unit.TakeRequests();
        var outcome = await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(ReadStatus.NoAnswer, outcome.Status);
        Assert.Equal(["timeout", "timeout", "timeout"], _sink.All.Select(reading => reading.Reason));
        Assert.Equal([Holding(100, 1)], _unit.TakeRequests());

        _unit.Ignore = range => range.Address == 0;
        outcome = await reader.ReadAsync(_sink, CancellationToken.None);
        Assert.Equal(ReadOutcome.Answered, outcome);
        Assert.Equal(Quality.Good, _sink["p200"].Quality);
        Assert.Equal("timeout", _sink["p0"].Reason);
    }

    [Fact]
    public async Task A_connection_that_was_closed_while_idle_is_opened_anew_without_a_failure()
    {
        var reader = Open([0]);
        await reader.ReadAsync(_sink, CancellationToken.None);
        _unit.Hangup();

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal(2, _unit.Connections);
        Assert.All(_sink.All, reading => Assert.Equal(Quality.Good, reading.Quality));
    }

    [Fact]
    public async Task A_port_where_nothing_listens_is_a_fault_of_the_bus()
    {
        var reader = Open([0, 100]);
        await _unit.DisposeAsync();

        var outcome = await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "connection-refused"), outcome);
        Assert.Equal(["connection-refused", "connection-refused"], _sink.All.Select(reading => reading.Reason));
    }

    [Fact]
    public async Task Bits_of_a_register_and_coils_are_read_as_truth_values()
    {
        var points = new[]
        {
            Point(_driver.Schema, "coil", ("coil", 3)),
            Point(_driver.Schema, "discrete", ("discrete", 4)),
            Point(_driver.Schema, "bit", ("holding", 8), ("bit", 3)),
            Point(_driver.Schema, "clear", ("holding", 8), ("bit", 2)),
            Point(_driver.Schema, "bool", ("input", 0), ("type", "bool")),
        };
        var reader = OpenPoints(points);

        await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(
            ["coil true", "discrete false", "bit true", "clear false", "bool false"],
            points.Select(point => $"{point.Name} {_sink[point.Name].Value}"));
    }

    [Fact]
    public async Task Each_request_and_each_repeat_is_told_with_its_timeout()
    {
        _unit.Ignore = range => range.Address >= 100;
        var reader = Open([0, 100, 200], ("timeout", ShortTimeout), ("retries", 2));

        await reader.ReadAsync(_sink, CancellationToken.None);

        Assert.Equal(Enumerable.Repeat(ShortTimeout, 7), _steps); // an answer, and twice three tries
    }

    private static ReadRange Holding(ushort address, int count) => new(ModbusTable.HoldingRegisters, address, count);

    private IPointReader Open(int[] registers, params (string, object)[] device) =>
        OpenPoints([.. registers.Select(register => Point(_driver.Schema, $"p{register}", ("holding", register)))], device);

    private IPointReader OpenPoints(PointDefinition[] points, params (string, object)[] keys)
    {
        var device = Device(_driver.Schema, keys, points);
        var bus = Bus(_driver.Schema, [("modbus", "tcp"), ("host", "127.0.0.1"), ("port", _unit.Port), ("timeout", TimeSpan.FromSeconds(20))], device);
        _bus = _driver.Open(bus, new DriverContext(_clock, NullLogger.Instance) { Errors = _errors, Progress = _steps.Add });
        _device = device;
        return _bus.CreateReader(device, points);
    }

    /// <summary>The system's clock, which a test may put forward.</summary>
    private sealed class OffsetTimeProvider : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => System.TimestampFrequency;

        public override long GetTimestamp() => System.GetTimestamp() + (long)(Offset.TotalSeconds * TimestampFrequency);
    }
}
