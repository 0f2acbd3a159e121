using System.Text;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Serial;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>The bus on a line in memory, by a clock that the test moves.</summary>
public sealed class SerialBusTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ErrorCounts _errors = new();
    private DuplexStream _far = null!;
    private SerialBus? _bus;
    private Task _listening = Task.CompletedTask;

    private const string Scale = """
        bus: { serial: /dev/ttyUSB0 }
        devices:
          - name: scale
            frame: { end: "\r\n" }
            max-age: 10 s
            points:
              weight: { match: 'ST,GS,\s*([+-]?\d+\.\d+)kg', unit: kg }
              status: { match: '^(ST|US)' }
        """;

    private const string Thermometer = """
        bus: { serial: /dev/ttyUSB0 }
        devices:
          - name: thermometer
            request: "T?\n"
            frame: { end: "\n", checksum: { kind: xor, digits: true, to: -3 } }
            timeout: 500 ms
            points:
              inside:  { column: 1 }
              outside: { column: 2 }
              rain:    { column: 1, request: "R?\n" }
        """;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _listening.ContinueWith(_ => { }, TaskScheduler.Default);
        if (_bus is not null)
        {
            await _bus.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_a_device_says_is_published_when_it_comes()
    {
        Listen(Scale);
        var time = _clock.GetUtcNow();
        await SayAsync("ST,GS,  +0012.5kg\r\nUS,GS,+0013.0kg\r\n", 2);

        Assert.Equal(["weight=12.5", "status=ST", "status=US"], _sink.All.Select(reading => $"{reading.Point.Name}={reading.Value}"));
        Assert.All(_sink.All, reading => Assert.Equal((Quality.Good, time), (reading.Quality, reading.Time)));
        Assert.Equal([("scale", true), ("scale", true)], _sink.Finished);
    }

    [Fact]
    public async Task A_device_that_falls_silent_goes_bad_and_comes_back_when_it_speaks()
    {
        var device = Listen(Scale);
        Assert.Equal(ReadStatus.Listening, (await ReadAsync(device)).Status);
        await SayAsync("ST,GS,+1.5kg\r\n", 1);
        Assert.Equal(ReadStatus.Answered, (await ReadAsync(device)).Status);
        await AdvanceAsync(TimeSpan.FromSeconds(11), 2);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "silent"), await ReadAsync(device));
        Assert.Equal((Quality.Bad, "silent"), (_sink["weight"].Quality, _sink["weight"].Reason));
        Assert.Equal(("scale", false), _sink.Finished[^1]);
        await SayAsync("ST,GS,+2.5kg\r\n", 3);
        Assert.Equal(ReadOutcome.Answered, await ReadAsync(device));
        Assert.Equal("2.5", _sink["weight"].Value.ToString());
        Assert.Equal([KeyValuePair.Create("silent", 1L)], _errors.Of("scale"));
    }

    [Fact]
    public async Task Only_damaged_frames_are_no_silence()
    {
        var device = Listen("bus: { serial: /dev/ttyUSB0 }\ndevices: [{ name: gps, protocol: nmea }]\n");
        await SendAsync("$GPVTG,054.7,T,034.4,M,005.5,N,010.2,K*49\r\n");
        await Eventually.TrueAsync(() => _errors.Of("gps").Count == 1);
        await AdvanceAsync(TimeSpan.FromSeconds(11), 1);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "checksum"), await ReadAsync(device));
        Assert.DoesNotContain(_sink.All, reading => reading.Quality == Quality.Good);
    }

    [Fact]
    public async Task A_rate_thins_out_what_a_device_says()
    {
        Listen("""
            bus: { serial: /dev/ttyUSB0 }
            devices:
              - { name: fast, frame: { end: "\n" }, points: { all: { column: 1 }, some: { column: 1, every: 10 s } } }
            """);
        for (var second = 0; second < 21; second++)
        {
            await SayAsync($"{second}\n", second + 1);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(21, _sink.All.Count(reading => reading.Point.Name == "all"));
        Assert.Equal(["0", "10", "20"], _sink.All.Where(reading => reading.Point.Name == "some").Select(reading => reading.Value.ToString()));
    }

    [Fact]
    public async Task Devices_on_one_line_hear_their_own_frames()
    {
        Listen("""
            bus: { serial: /dev/ttyUSB0 }
            devices:
              - { name: a, frame: { start: "A", end: "\n" }, points: { x: { column: 1 } } }
              - { name: b, frame: { start: 0x02, length: 3, checksum: { kind: sum } }, points: { y: { at: 1 } } }
            """);
        await SendAsync("A1\n\u0002\u0030\u0032A2\n");
        await Eventually.TrueAsync(() => _sink.All.Count == 3);

        Assert.Equal(["a.x=1", "a.x=2", "b.y=48"], _sink.All.Select(reading => $"{reading.Point}={reading.Value}").Order());
    }

    [Fact]
    public async Task A_frame_ends_with_the_silence_behind_it()
    {
        Listen("bus: { serial: /dev/ttyUSB0 }\ndevices: [{ name: a, frame: { gap: 20 ms }, points: { x: { match: '\\d+' } } }]\n");
        var armed = _clock.ArmedTimers;
        await SendAsync("12");
        await Eventually.TrueAsync(() => _clock.ArmedTimers == armed + 1);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        await SendAsync("34");
        await Eventually.TrueAsync(() => _bus!.Received == 4);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Empty(_sink.All);
        _clock.Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal("1234", _sink["x"].Value.ToString());
    }

    [Fact]
    public async Task A_pattern_that_would_look_for_years_is_stopped_and_its_neighbours_are_read()
    {
        Listen("""
            bus: { serial: /dev/ttyUSB0 }
            devices:
              - { name: a, frame: { end: "\n" }, points: { bomb: { match: '^(?=(a+)+b)' }, text: { match: '(a)c$' } } }
            """);
        await SayAsync($"{new string('a', 60)}c\n", 1);

        Assert.Equal((Quality.Bad, "match-timeout"), (_sink["bomb"].Quality, _sink["bomb"].Reason));
        Assert.Equal("a", _sink["text"].Value.ToString());
    }

    [Theory]
    [InlineData("{\"name\":\"\\ud800\",\"weight\":1.5}")]
    [InlineData("{\"name\":\"\u00FF\u00FE\",\"weight\":1.5}")]
    public async Task A_text_that_is_no_Unicode_costs_its_point_and_neither_the_line_nor_the_process(string frame)
    {
        Listen("""
            bus: { serial: /dev/ttyUSB0 }
            devices:
              - { name: line, frame: { end: "\n" }, points: { name: { json: name }, weight: { json: weight } } }
              - { name: burst, frame: { gap: 20 ms }, points: { name: { json: name }, weight: { json: weight } } }
            """);
        var port = _far;
        await SayAsync(frame + "\n", 1);
        Assert.Equal(["line.name not-a-text", "line.weight "], _sink.All.Select(reading => $"{reading.Point} {reading.Reason}"));
        _sink.Clear();
        _clock.Advance(TimeSpan.FromMilliseconds(20)); // nobody catches what this timer throws

        Assert.Equal(["burst.name not-a-text", "burst.weight "], _sink.All.Select(reading => $"{reading.Point} {reading.Reason}"));
        await SayAsync("{\"name\":\"ok\"}\n", 3);
        Assert.Equal("ok", _sink["name"].Value.ToString());
        Assert.Same(port, _far);
    }

    [Fact]
    public async Task Points_of_one_request_are_read_from_one_answer()
    {
        var device = Open(Thermometer);
        var reading = ReadAsync(device);
        Assert.Equal("T?\n", await HearAsync(3));
        await SendAsync("noise\n21.5,-3.25,2F\n");
        Assert.Equal("R?\n", await HearAsync(3));
        await SendAsync("7,1B\n");

        Assert.Equal(ReadOutcome.Answered, await reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(["inside=21.5", "outside=-3.25", "rain=7"], _sink.All.Select(each => $"{each.Point.Name}={each.Value}"));
    }

    [Fact]
    public async Task A_device_that_does_not_answer_is_silent_after_its_timeout_and_a_late_answer_is_nobodys()
    {
        var device = Open(Thermometer);
        var reading = ReadAsync(device);
        Assert.Equal("T?\n", await HearAsync(3));
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(["inside timeout", "outside timeout", "rain timeout"], _sink.All.Select(each => $"{each.Point.Name} {each.Reason}"));
        _sink.Clear();

        await SendAsync("21.5,-3.25,2F\n");
        await Eventually.TrueAsync(() => _bus!.Received == 14);
        reading = ReadAsync(device);
        await Eventually.TrueAsync(() => _clock.ArmedTimers > 0);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("T?\n", await HearAsync(3));
        await SendAsync("30.5,-4.25,28\n");
        Assert.Equal("R?\n", await HearAsync(3));
        await SendAsync("8,14\n");
        await reading.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("30.5", _sink["inside"].Value.ToString());
    }

    [Theory]
    [InlineData("21.5,-3.25,2E\n", "checksum")]
    [InlineData("", "timeout")]
    public async Task Why_there_is_no_answer_is_told(string answer, string reason)
    {
        var device = Open(Thermometer);
        var reading = ReadAsync(device);
        await HearAsync(3);
        await SendAsync(answer);
        await Eventually.TrueAsync(() => _bus!.Received == answer.Length);
        _clock.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, reason), await reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal([KeyValuePair.Create(reason, 1L)], _errors.Of("thermometer"));
    }

    [Fact]
    public async Task A_line_that_is_lost_makes_all_devices_bad_and_is_taken_up_again()
    {
        var device = Listen(Scale);
        await SayAsync("ST,GS,+1.5kg\r\n", 1);
        await _far.DisposeAsync();
        await Eventually.TrueAsync(() => _sink.Finished.Count == 2);

        Assert.Equal(new ReadOutcome(ReadStatus.BusFailed, "disconnected"), await ReadAsync(device));
        Assert.Equal("disconnected", _sink["weight"].Reason);
        await Eventually.TrueAsync(() => _clock.ArmedTimers == 2);
        _clock.Advance(SerialLine.RetryDelay);
        await Eventually.TrueAsync(async () => (await ReadAsync(device)).Status == ReadStatus.Listening);
        await SayAsync("ST,GS,+2.5kg\r\n", 3);
        Assert.Equal("2.5", _sink["weight"].Value.ToString());
    }

    private const string Controller = """
        bus: { serial: /dev/ttyUSB0 }
        devices:
          - name: oven
            frame: { start: 0xFF86, length: 9, checksum: { kind: sum, at: 8, from: 1, init: 0xFF, xorout: 0xFF } }
            request: 0xFF0186000000000079
            timeout: 500 ms
            points:
              co2:      { at: 2, type: uint16 }
              zero:     { command: 0xFF0187000000000078, write: true }
              span:     { command: [0xFF0188, "{value:uint16}", 0x000000, "{checksum}"], write: true }
              setpoint: { at: 2, write: true, write-request: "SP={value};{value:int16:DCBA}\r\n", write-answer: "OK\r", scale: 0.5 }
        """;

    [Fact]
    public async Task A_command_is_sent_as_its_template_says()
    {
        var device = Open(Controller);

        Assert.Equal(WriteOutcome.Done, await WriteAsync(device, "zero", PointValue.From(true)));
        Assert.Equal("\u00FF\u0001\u0087\0\0\0\0\0\u0078", await HearAsync(9));

        // The datasheet's example: 2000 ppm as the upper end of the range is FF 01 88 07 D0 00 00 00 A0.
        Assert.Equal(WriteOutcome.Done, await WriteAsync(device, "span", PointValue.From(2000L)));
        Assert.Equal("\u00FF\u0001\u0088\u0007\u00D0\0\0\0\u00A0", await HearAsync(9));
    }

    [Theory]
    [InlineData("zero", "0", "oven.zero takes true: there is no value in its command")]
    [InlineData("span", "65536", "'65536' does not fit uint16")]
    [InlineData("span", "-1", "'-1' does not fit uint16")]
    public async Task What_a_command_does_not_take_is_not_sent(string point, string value, string expected)
    {
        var device = Open(Controller);

        Assert.Equal(expected, (await WriteAsync(device, point, PointValue.From(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture)))).Error);
    }

    [Fact]
    public async Task A_text_that_would_end_the_command_is_not_sent()
    {
        var device = Open(Controller);

        Assert.Equal("oven.setpoint takes a text without control characters", (await WriteAsync(device, "setpoint", PointValue.From("1\r\nRESET"))).Error);
    }

    [Fact]
    public async Task A_write_is_done_once_the_device_has_said_so()
    {
        var device = Open(Controller);
        var writing = WriteAsync(device, "setpoint", PointValue.From(80L));
        Assert.Equal("SP=80;P\0\r\n", await HearAsync(10));

        await SendAsync("busy\nO");
        Assert.False(writing.IsCompleted);
        await SendAsync("K\r\n");

        Assert.Equal(WriteOutcome.Done, await writing.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_device_that_says_something_else_is_quoted()
    {
        var device = Open(Controller);
        var writing = WriteAsync(device, "setpoint", PointValue.From(80L));
        await HearAsync(10);
        await SendAsync("ERR 7\r\n");
        await Eventually.TrueAsync(() => _bus!.Received == 7 && _clock.ArmedTimers > 0);
        _clock.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal(
            "the device did not confirm it within 0.5 s, but said 'ERR 7..'; it may have been written all the same",
            (await writing.WaitAsync(TimeSpan.FromSeconds(30))).Error);
        Assert.Equal(1, _errors.Of("oven").Single(error => error.Key == "timeout").Value);
    }

    [Fact]
    public async Task A_command_is_no_part_of_reads()
    {
        var device = Open(Controller);
        var reader = _bus!.CreateReader(device, [.. device.Points.Where(point => point.Name is "zero" or "co2")]);
        var reading = reader.ReadAsync(_sink, CancellationToken.None).AsTask();
        Assert.Equal("\u00FF\u0001\u0086\0\0\0\0\0\u0079", await HearAsync(9));
        await SendAsync("\u00FF\u0086\u0002\u0060\u0047\0\0\0\u00D1");

        Assert.Equal(ReadOutcome.Answered, await reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(("608", "write-only"), (_sink["co2"].Value.ToString(), _sink["zero"].Reason));
    }

    [Fact]
    public void The_load_of_requests_is_reckoned_and_that_of_speaking_devices_is_not()
    {
        var asked = new SerialDriver().EstimateLoad(SerialMaps.Load(Controller))!;

        // (9 + 9) characters of 10 bits at 9600 baud are 18.75 ms, the device thinks for 10 ms, every 10 s.
        Assert.Equal(0.002875, asked.Utilisation, 6);
        Assert.StartsWith("1 request of together 28.8 ms every 10 s; ", asked.Arithmetic, StringComparison.Ordinal);
        Assert.Null(new SerialDriver().EstimateLoad(SerialMaps.Load(Scale)));
    }

    [Fact]
    public async Task Another_device_is_heard_on_the_line_that_stays_open()
    {
        Listen(Scale);
        await SayAsync("ST,GS,+12.5kg\r\n", 1);
        var opened = _far;
        var definition = SerialMaps.Load(Scale + "\n      tare: { match: 'TARE ([0-9.]+)' }\n");

        await _bus!.ReloadAsync(definition, CancellationToken.None);
        await SayAsync("TARE 3.5\r\n", 2);

        Assert.Equal("3.5", _sink["tare"].Value.ToString());
        Assert.Same(opened, _far);
        // It may be silent for as long as its map says, from now on.
        await Eventually.TrueAsync(() => _clock.ArmedTimers > 0);
        _clock.Advance(TimeSpan.FromSeconds(11));
        await Eventually.TrueAsync(() => _sink["tare"].Reason == "silent");
    }

    private Task<WriteOutcome> WriteAsync(DeviceDefinition device, string point, PointValue value) =>
        _bus!.WriteAsync(device.Points.First(candidate => candidate.Name == point), value, CancellationToken.None).AsTask();

    private DeviceDefinition Open(string map)
    {
        var definition = SerialMaps.Load(map);
        _bus = new SerialBus(
            definition,
            _ =>
            {
                (var near, _far) = DuplexStream.Create();
                return ValueTask.FromResult<Stream>(near);
            },
            new DriverContext(_clock, NullLogger.Instance) { Errors = _errors });
        return definition.Devices[0];
    }

    private DeviceDefinition Listen(string map)
    {
        var device = Open(map);
        _listening = _bus!.ListenAsync(_sink, _stopping.Token);
        return device;
    }

    private Task<ReadOutcome> ReadAsync(DeviceDefinition device) => _bus!.CreateReader(device, device.Points).ReadAsync(_sink, CancellationToken.None).AsTask();

    private async Task SendAsync(string text) => await _far.WriteAsync(Encoding.Latin1.GetBytes(text));

    private async Task SayAsync(string text, int finished)
    {
        await SendAsync(text);
        await Eventually.TrueAsync(() => _sink.Finished.Count >= finished);
    }

    private async Task AdvanceAsync(TimeSpan by, int finished)
    {
        await Eventually.TrueAsync(() => _clock.ArmedTimers > 0);
        _clock.Advance(by);
        await Eventually.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            return _sink.Finished.Count >= finished;
        });
    }

    private async Task<string> HearAsync(int count)
    {
        var buffer = new byte[count];
        var read = 0;
        while (read < count)
        {
            read += await _far.ReadAsync(buffer.AsMemory(read)).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }

        return Encoding.Latin1.GetString(buffer);
    }
}
