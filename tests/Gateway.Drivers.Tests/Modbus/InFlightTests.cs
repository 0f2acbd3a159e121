using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Several requests of a device under way at once: <c>in-flight</c>.</summary>
public sealed class InFlightTests : IAsyncDisposable
{
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly int[] Registers = [0, 200, 400, 600, 800, 1000, 1200, 1400];

    private readonly ModbusDriver _driver = new();
    private readonly ScriptedUnit _unit = new();
    private readonly RecordingSink _sink = new();
    private readonly ErrorCounts _errors = new();
    private IBus? _bus;

    public async ValueTask DisposeAsync()
    {
        if (_bus is not null)
        {
            await _bus.DisposeAsync();
        }

        await _unit.DisposeAsync();
    }

    [Fact]
    public async Task As_many_requests_as_the_map_allows_are_sent_at_once_and_answered_in_any_order()
    {
        // Which answers no sooner: with fewer under way nothing would come.
        _unit.Batch = 4;
        var reader = Open(_unit.Port, inFlight: 4);

        for (var round = 0; round < 20; round++)
        {
            _sink.Clear();
            _unit.Offset = round;
            Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
            Assert.Equal(Registers.Select(register => (long)register + round), _sink.All.Select(reading => reading.Value.AsInteger));
        }

        Assert.Equal(1, _unit.Connections);
    }

    [Fact]
    public async Task No_more_requests_are_sent_at_once_than_the_map_allows()
    {
        _unit.HoldBack = _ => true;
        var reader = Open(_unit.Port, inFlight: 3);

        var reading = reader.ReadAsync(_sink, CancellationToken.None).AsTask();
        var sent = 0;
        await Eventually.TrueAsync(() => (sent += _unit.TakeRequests().Length) == 3);
        while (!reading.IsCompleted)
        {
            await _unit.ReleaseAsync();
            await Task.Yield();
        }

        Assert.Equal(ReadOutcome.Answered, await reading);
        Assert.Equal(Registers.Length - 3, _unit.TakeRequests().Length);
    }

    [Fact]
    public async Task A_late_answer_is_not_taken_for_another()
    {
        _unit.HoldBack = range => range.Address == 200;
        var reader = Open(_unit.Port, inFlight: 4, ("timeout", ShortTimeout), ("retries", 0));

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal("timeout", _sink["p200"].Reason);
        Assert.Equal(Registers.Length - 1, _sink.All.Count(reading => reading.Quality == Quality.Good));

        _unit.Offset = 1000;
        await _unit.ReleaseAsync();
        _unit.HoldBack = _ => false;
        _sink.Clear();
        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal(Registers.Select(register => (long)register + 1000), _sink.All.Select(reading => reading.Value.AsInteger));
    }

    [Fact]
    public async Task A_refused_range_is_split_while_others_are_under_way()
    {
        _unit.Refuse = range => range.Address <= 201 && range.End > 201 ? ExceptionCode.IllegalDataAddress : ExceptionCode.None;
        var reader = Open(_unit.Port, inFlight: 4, [0, 200, 201, 202, 400, 600, 800, 1000]);

        for (var round = 0; round < 3; round++)
        {
            _sink.Clear();
            Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
            Assert.Equal("exception-2", _sink["p201"].Reason);
            Assert.Equal([0L, 200, 202, 400, 600, 800, 1000], _sink.All.Where(reading => reading.Quality == Quality.Good).Select(reading => reading.Value.AsInteger).Order());
            Assert.Equal(8, _sink.All.Count);
        }
    }

    [Fact]
    public async Task A_dead_device_is_asked_one_thing_only_from_the_second_time_on()
    {
        _unit.Ignore = _ => true;
        var reader = Open(_unit.Port, inFlight: 4, ("timeout", ShortTimeout), ("retries", 0));

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal(Registers.Length, _sink.All.Count(reading => reading.Reason == "timeout"));
        Assert.InRange(_unit.TakeRequests().Length, 4, 5);

        Assert.Equal(ReadStatus.NoAnswer, (await reader.ReadAsync(_sink, CancellationToken.None)).Status);
        Assert.Single(_unit.TakeRequests());

        _unit.Ignore = _ => false;
        _sink.Clear();
        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal(Registers.Length, _sink.All.Count(reading => reading.Quality == Quality.Good));
    }

    [Fact]
    public async Task A_connection_that_was_closed_while_idle_is_opened_anew_once_for_all_requests()
    {
        var reader = Open(_unit.Port, inFlight: 4);
        await reader.ReadAsync(_sink, CancellationToken.None);
        _unit.Hangup();
        _sink.Clear();

        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.All(_sink.All, reading => Assert.Equal(Quality.Good, reading.Quality));
        Assert.Equal(2, _unit.Connections);
    }

    [Fact]
    public async Task A_read_that_was_cancelled_leaves_nothing_behind()
    {
        _unit.HoldBack = _ => true;
        var reader = Open(_unit.Port, inFlight: 4);
        using var cancel = new CancellationTokenSource();
        var reading = reader.ReadAsync(_sink, cancel.Token).AsTask();
        var sent = 0;
        await Eventually.TrueAsync(() => (sent += _unit.TakeRequests().Length) == 4);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        _unit.HoldBack = _ => false;
        _unit.Offset = 1000;
        await _unit.ReleaseAsync();
        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        Assert.Equal(Registers.Select(register => (long)register + 1000), _sink.All.Select(reading => reading.Value.AsInteger));
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task Pymodbus_answers_all_that_is_under_way()
    {
        var holding = Registers.ToDictionary(register => register, register => new[] { (ushort)register });
        await using var server = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = new() { Holding = holding } });
        var reader = Open(server.Port, inFlight: 4);

        for (var round = 0; round < 50; round++)
        {
            _sink.Clear();
            Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
            Assert.Equal(Registers.Select(register => (long)register), _sink.All.Select(reading => reading.Value.AsInteger));
        }
    }

    private IPointReader Open(int port, int inFlight, params (string, object)[] device) => Open(port, inFlight, Registers, device);

    private IPointReader Open(int port, int inFlight, int[] registers, params (string, object)[] keys)
    {
        PointDefinition[] points = [.. registers.Select(register => Point(_driver.Schema, $"p{register}", ("holding", register)))];
        var device = Device(_driver.Schema, keys, points);
        var bus = Bus(
            _driver.Schema,
            [("modbus", "tcp"), ("host", "127.0.0.1"), ("port", port), ("timeout", TimeSpan.FromSeconds(20)), ("in-flight", inFlight)],
            device);
        _bus = _driver.Open(bus, new DriverContext(TimeProvider.System, NullLogger.Instance) { Errors = _errors });
        return _bus.CreateReader(device, points);
    }
}
