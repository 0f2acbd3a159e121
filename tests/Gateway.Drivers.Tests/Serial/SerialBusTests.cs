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

    [Fact]
    public async Task A_serial_point_is_not_written()
    {
        var device = Open(Thermometer);
        Assert.Equal("a serial point cannot be written", (await _bus!.WriteAsync(device.Points[0], PointValue.From(1L), CancellationToken.None)).Error);
    }

    private DeviceDefinition Open(string map)
    {
        var definition = SerialMaps.Load(map);
        _bus = new SerialBus(
            definition,
            () =>
            {
                (var near, _far) = DuplexStream.Create();
                return near;
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
