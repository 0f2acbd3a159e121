using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Tests.Polling;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Commands;

public sealed class CommandRouterTests : IAsyncLifetime
{
    private static readonly DeviceDefinition Boiler = Points.Device(
        "boiler", Points.Point("setpoint", scale: 0.1m, writable: true, minimum: 5, maximum: 80), Points.Point("flow"));

    private readonly ManualTimeProvider _time = new();
    private readonly FakeBus _bus;
    private readonly BusPoller _poller;
    private readonly CommandRouter _router;

    public CommandRouterTests()
    {
        _bus = new FakeBus(_time);
        _poller = new BusPoller(Points.Bus(Boiler), _bus, new RecordingObserver(), new PollOptions(), new DriverContext(_time, NullLogger.Instance));
        _router = new CommandRouter(
            "plant1",
            (device, point) => device == "boiler" && Boiler.Points.FirstOrDefault(p => p.Name == point) is { } found ? (_poller, found) : null,
            topic => topic == "plant1/boiler/flow",
            _time,
            NullLogger.Instance);
        _poller.Start();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _poller.DisposeAsync().AsTask();

    [Theory]
    [InlineData("plant1/boiler/setpoint/set", "21.5", """{"ok":true,"value":21.5}""")]
    [InlineData("plant1/boiler/setpoint/set", "81", """{"ok":false,"error":"81 is outside 5 to 80"}""")]
    [InlineData("plant1/boiler/setpoint/set", "", """{"ok":false,"error":"the command is empty; send a value"}""")]
    [InlineData("plant1/boiler/flow/set", "1", """{"ok":false,"error":"boiler.flow is not writable; its map must say write: true"}""")]
    [InlineData("plant1/boiler/return/set", "1", """{"ok":false,"error":"there is no point boiler.return"}""")]
    public async Task Is_answered_on_the_result_topic(string topic, string payload, string expected)
    {
        var answer = await _router.ExecuteAsync(Command(topic, payload), CancellationToken.None);
        Assert.Equal(expected, Encoding.UTF8.GetString(answer.Payload.Span));
        Assert.Equal(topic[..^3] + "result", answer.Topic);
        Assert.False(answer.Retain);
    }

    [Fact]
    public async Task Writes_the_raw_value()
    {
        await _router.ExecuteAsync(Command("plant1/boiler/setpoint/set", "21.5"), CancellationToken.None);
        Assert.Contains("write boiler.setpoint 215", _bus.Calls);
    }

    [Fact]
    public async Task A_requester_is_answered_where_it_asked_with_its_correlation_data()
    {
        var command = Command("plant1/boiler/setpoint/set", "20") with { ResponseTopic = "my/answers", CorrelationData = new byte[] { 1, 2 } };
        var answer = await _router.ExecuteAsync(command, CancellationToken.None);
        Assert.Equal("my/answers", answer.Topic);
        Assert.Equal([1, 2], answer.CorrelationData!.Value.ToArray());
    }

    [Theory]
    [InlineData("plant1/boiler/setpoint/set")]
    [InlineData("plant1/pump/speed/set")]
    [InlineData("plant1/boiler/flow")]
    public async Task No_answer_goes_to_a_command_topic_or_to_one_of_the_gateways_own(string responseTopic)
    {
        var command = Command("plant1/boiler/setpoint/set", "20") with { ResponseTopic = responseTopic, CorrelationData = new byte[] { 1, 2 } };
        var answer = await _router.ExecuteAsync(command, CancellationToken.None);
        Assert.Equal("plant1/boiler/setpoint/result", answer.Topic);
        Assert.Equal([1, 2], answer.CorrelationData!.Value.ToArray());
    }

    [Fact]
    public async Task A_bus_that_hangs_is_answered_for_after_the_time_limit()
    {
        _bus.Hold = new TaskCompletionSource();
        while (_bus.Calls.IsEmpty)
        {
            await Task.Yield();
        }

        var answering = _router.ExecuteAsync(Command("plant1/boiler/setpoint/set", "20"), CancellationToken.None);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            return answering.IsCompleted;
        });
        var answer = await answering;
        Assert.Contains("no answer from fake bus within 30 s", Encoding.UTF8.GetString(answer.Payload.Span), StringComparison.Ordinal);
    }

    private static ApplicationMessage Command(string topic, string payload) => new() { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload) };
}
