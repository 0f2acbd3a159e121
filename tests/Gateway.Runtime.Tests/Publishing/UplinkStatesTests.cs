using System.Collections.Concurrent;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>What the gateway's retained states become at an upstream broker.</summary>
public class UplinkStatesTests
{
    private const string Bad = "plant1/bad/$status";

    [Fact]
    public async Task A_state_that_the_broker_refuses_is_said_once_until_it_takes_it()
    {
        await using var upstream = new ScriptedBroker(topic => topic == Bad ? (byte)0x87 : (byte)0);
        var options = UpstreamClient.OptionsFor(new UplinkOptions { Urls = [new Uri($"mqtt://127.0.0.1:{upstream.Port}")], ClientId = "plant1-gateway" });
        await using var client = new MqttClient(options, null, NullLogger<MqttClient>.Instance, TimeProvider.System);
        var log = new Lines();
        using var states = new UplinkStates(client, new StatusTopics("plant1"), TimeProvider.System, log);
        using var stop = new CancellationTokenSource();
        client.Start();
        var running = states.RunAsync(stop.Token);

        await TellAsync(states, upstream, "1");
        await TellAsync(states, upstream, "2");
        upstream.Answer = _ => 0;
        await TellAsync(states, upstream, "3");
        upstream.Answer = topic => topic == Bad ? (byte)0x87 : (byte)0;
        await TellAsync(states, upstream, "4");
        await Eventually.TrueAsync(() => log.All.Count == 2);
        Assert.All(log.All, line => Assert.Equal($"The upstream broker refuses {Bad} (NotAuthorized): whoever reads it there does not see it", line));

        await stop.CancelAsync();
        await running;
    }

    // The second message of a subject goes once the first is answered.
    private static async Task TellAsync(UplinkStates states, ScriptedBroker upstream, string payload)
    {
        states.Set("bad", [Message(Bad, payload), Message("plant1/bad/$reason", payload)]);
        await Eventually.TrueAsync(() => upstream.Taken.Contains(("plant1/bad/$reason", payload)));
    }

    private static ApplicationMessage Message(string topic, string payload) =>
        new() { Topic = topic, Payload = System.Text.Encoding.UTF8.GetBytes(payload), QoS = QualityOfService.AtLeastOnce, Retain = true };

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue(formatter(state, exception));
    }
}
