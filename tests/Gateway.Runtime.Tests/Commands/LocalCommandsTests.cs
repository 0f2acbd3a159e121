using System.Text;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Commands;

public sealed class LocalCommandsTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly MqttBroker _broker = new(new MqttBrokerOptions { Listen = [] });
    private readonly List<string> _taken = [];
    private LocalCommands _commands = null!;

    public async Task InitializeAsync() => _commands = await LocalCommands.OpenAsync(_broker, "plant1", _time, NullLogger.Instance, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _commands.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task What_comes_while_nobody_takes_it_is_held_in_its_order()
    {
        await SendAsync("1", "2");
        _commands.Attach(Take);
        await SendAsync("3");
        _commands.Detach();
        await SendAsync("4", "5");
        Assert.Equal(["1", "2", "3"], _taken);
        _commands.Attach(Take);
        Assert.Equal(["1", "2", "3", "4", "5"], _taken);
    }

    [Fact]
    public async Task What_was_meant_for_another_moment_is_not_carried_out()
    {
        await SendAsync("1");
        _time.Advance(TimeSpan.FromSeconds(31));
        await SendAsync("2");
        _commands.Attach(Take);
        Assert.Equal(["2"], _taken);
    }

    [Fact]
    public async Task So_many_are_held_and_no_more()
    {
        await SendAsync([.. Enumerable.Range(0, 300).Select(n => $"{n}")]);
        _commands.Attach(Take);
        Assert.Equal(Enumerable.Range(0, 256).Select(n => $"{n}"), _taken);
    }

    [Fact]
    public async Task Of_one_that_is_too_long_no_more_is_kept_than_shows_it()
    {
        await SendAsync(new string('9', 1_000_000));
        _commands.Attach(Take);
        Assert.Equal(CommandPayload.LongestCommand + 1, Assert.Single(_taken).Length);
    }

    [Fact]
    public async Task A_broker_that_is_started_later_sends_them_from_its_first_message_on()
    {
        await _broker.StartAsync(CancellationToken.None);
        var taken = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands.Attach(command => taken.TrySetResult(command.Topic));
        await _broker.PublishAsync(Command("1"));
        Assert.Equal("plant1/boiler/pump/set", await taken.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static ApplicationMessage Command(string payload) => new() { Topic = "plant1/boiler/pump/set", Payload = Encoding.UTF8.GetBytes(payload) };

    private void Take(ApplicationMessage command) => _taken.Add(Encoding.UTF8.GetString(command.Payload.Span));

    private async Task SendAsync(params string[] payloads)
    {
        foreach (var payload in payloads)
        {
            await _commands.OnCommandAsync(Command(payload), CancellationToken.None);
        }
    }
}
