using System.Text;
using Gateway.Abstractions.Drivers;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Tests.Polling;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Commands;

public sealed class CommandDispatcherTests
{
    private readonly CommandDispatcher _dispatcher;
    private bool _isKnown = true;

    public CommandDispatcherTests()
    {
        var point = Points.Point("pump");
        var device = Points.Device("boiler", point);
        var poller = new BusPoller(
            Points.Bus(device), new FakeBus(new ManualTimeProvider()), new RecordingObserver(), new PollOptions(), new DriverContext(TimeProvider.System, NullLogger.Instance));
        _dispatcher = new CommandDispatcher(
            new CommandRouter("plant1", (name, _) => _isKnown && name == "boiler" ? (poller, point) : null, _ => false, TimeProvider.System, NullLogger.Instance), NullLogger.Instance);
        _dispatcher.Release();
    }

    [Fact]
    public async Task Correlation_data_comes_back_though_its_buffer_is_used_again()
    {
        byte[] data = [1, 2, 3];
        var answer = DispatchAsync(new ApplicationMessage { Topic = "plant1/boiler/pump/set", ResponseTopic = "answers", CorrelationData = data });
        data.AsSpan().Clear();
        Assert.Equal([1, 2, 3], (await answer).CorrelationData!.Value.ToArray());
    }

    [Fact]
    public async Task A_command_without_correlation_data_is_answered_without() =>
        Assert.Null((await DispatchAsync(new ApplicationMessage { Topic = "plant1/boiler/pump/set" })).CorrelationData);

    [Fact]
    public async Task A_command_for_a_point_that_is_not_known_waits_for_the_maps_and_those_after_it_wait_behind_it()
    {
        _isKnown = false;
        _dispatcher.Hold();
        var first = DispatchAsync(Command("boiler", "1"));
        _isKnown = true;
        var second = DispatchAsync(Command("boiler", "2"));
        var stranger = DispatchAsync(Command("cellar", "3"));
        Assert.False(first.IsCompleted);
        Assert.False(second.IsCompleted);
        _dispatcher.Release();
        Assert.Contains("is not writable", Answer(await first), StringComparison.Ordinal);
        Assert.Contains("is not writable", Answer(await second), StringComparison.Ordinal);
        Assert.Contains("there is no point cellar.pump", Answer(await stranger), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_for_a_point_that_is_known_does_not_wait_for_the_maps()
    {
        _dispatcher.Hold();
        Assert.Contains("is not writable", Answer(await DispatchAsync(Command("boiler", "1"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_is_too_long_is_told_so_though_it_was_held()
    {
        _isKnown = false;
        _dispatcher.Hold();
        var held = DispatchAsync(Command("boiler", new string('9', 1_000_000)));
        _isKnown = true;
        _dispatcher.Release();
        Assert.Contains("longer than 65536 bytes", Answer(await held), StringComparison.Ordinal);
    }

    private static ApplicationMessage Command(string device, string payload) =>
        new() { Topic = $"plant1/{device}/pump/set", Payload = Encoding.UTF8.GetBytes(payload) };

    private static string Answer(ApplicationMessage answer) => Encoding.UTF8.GetString(answer.Payload.Span);

    private async Task<ApplicationMessage> DispatchAsync(ApplicationMessage command)
    {
        TaskCompletionSource<ApplicationMessage> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _dispatcher.Dispatch(command, (message, _) =>
        {
            answer.TrySetResult(message);
            return ValueTask.CompletedTask;
        });
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
