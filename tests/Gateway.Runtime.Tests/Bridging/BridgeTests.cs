using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Bridging;

/// <summary>The bridge in process, between two brokers of ours.</summary>
public sealed class BridgeTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("gateway-bridge-").FullName;
    private readonly ConcurrentQueue<ApplicationMessage> _upstreamMessages = [];
    private readonly MqttBroker _local = new(new MqttBrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")] });
    private readonly MqttBroker _upstream = new(new MqttBrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")] });
    private OfflineQueueOptions _queue = new() { MaxSizeBytes = 100_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) };

    public async Task InitializeAsync()
    {
        await _local.StartAsync(CancellationToken.None);
        await _upstream.StartAsync(CancellationToken.None);
        await _upstream.SubscribeAsync("#", (message, _) =>
        {
            _upstreamMessages.Enqueue(message);
            return ValueTask.CompletedTask;
        });
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await _local.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task What_was_retained_before_goes_up_once()
    {
        await using var client = await ConnectAsync(_local, "lamp");
        await client.PublishAsync(Message("a/kept", "1", retain: true));
        await client.PublishAsync(Message("a/state", "2"));
        await using (var bridge = await StartAsync(Out("a/#")))
        {
            await Eventually.TrueAsync(() => Texts("a/kept").Count == 1);
            await bridge.StopAsync(CancellationToken.None);
        }

        await using (var bridge = await StartAsync(Out("a/#"), Out("b/#")))
        {
            await client.PublishAsync(Message("a/end", "3"));
            await Eventually.TrueAsync(() => Texts("a/end").Count == 1);
        }

        Assert.Equal(["1"], Texts("a/kept"));
        Assert.Empty(Texts("a/state"));
    }

    [Fact]
    public async Task A_publisher_hears_that_a_message_has_arrived_once_it_is_on_the_disk()
    {
        await _upstream.DisposeAsync();
        await using var bridge = await StartAsync(Out("a/#"));
        await using var client = await ConnectAsync(_local, "lamp");
        for (var n = 0; n < 20; n++)
        {
            Assert.True((await client.PublishAsync(Message("a/b", $"{n}"))).IsAccepted);
            Assert.Equal(n + 1, QueueInspector.Inspect(Path.Combine(_data, "bridge"))!.Records);
        }
    }

    [Theory]
    [InlineData(nameof(FullPolicy.Block))]
    [InlineData(nameof(FullPolicy.DropNewest))]
    public async Task Nor_does_a_publisher_hear_that_a_message_has_arrived_for_which_there_is_no_room(string full)
    {
        await _upstream.DisposeAsync();
        _queue = _queue with { MaxSizeBytes = 1_000_000, Full = Enum.Parse<FullPolicy>(full) };
        await using var bridge = await StartAsync(Out("a/#"));
        await using var client = await ConnectAsync(_local, "lamp");
        var taken = 0;
        PublishResult result;
        while ((result = await client.PublishAsync(Message("a/b", new string('x', 10_000)))).IsAccepted)
        {
            Assert.InRange(++taken, 1, 1000);
        }

        Assert.Equal(ReasonCode.QuotaExceeded, result.ReasonCode);
        Assert.Equal(taken, QueueInspector.Inspect(Path.Combine(_data, "bridge"))!.Records);
        Assert.Equal(ReasonCode.QuotaExceeded, (await client.PublishAsync(Message("a/b", new string('x', 100_000)))).ReasonCode);
        Assert.Equal(1, bridge.GetStatus().NotQueued); // longer than a message may be
    }

    [Fact]
    public async Task Nor_does_a_publisher_hear_of_a_refused_message_before_it_is_parked_on_the_disk()
    {
        await using var upstream = new ScriptedBroker(topic => topic == "a/b" ? (byte)0x90 : (byte)0);
        await using var bridge = await StartAsync(upstream.Port, Out("a/#"));
        await Eventually.TrueAsync(() => bridge.GetStatus().Connection.IsConnected);
        await using var client = await ConnectAsync(_local, "lamp");
        for (var n = 0; n < 20; n++)
        {
            Assert.True((await client.PublishAsync(Message("a/b", $"{n}"))).IsAccepted);
            Assert.Equal(n + 1, QueueInspector.ListParked(Path.Combine(_data, "bridge"))!.Count);
        }
    }

    [Fact]
    public async Task With_an_upstream_broker_that_answers_nothing_is_written()
    {
        await using var bridge = await StartAsync(Out("a/#"));
        await Eventually.TrueAsync(() => bridge.GetStatus().Connection.IsConnected);
        await using var client = await ConnectAsync(_local, "lamp");
        var before = bridge.GetStatus().Queue.Bytes;
        for (var n = 0; n < 200; n++)
        {
            Assert.True((await client.PublishAsync(Message("a/b", $"{n}"))).IsAccepted);
        }

        await Eventually.TrueAsync(() => Texts("a/b").Count == 200);
        Assert.Equal(Enumerable.Range(0, 200).Select(n => $"{n}"), Texts("a/b"));
        Assert.InRange(bridge.GetStatus().Queue.Bytes - before, 0, 200_000);
    }

    [Fact]
    public async Task What_this_process_publishes_is_not_passed_on()
    {
        await using var bridge = await StartAsync(Out("#"));
        await using var client = await ConnectAsync(_local, "lamp");
        await _local.PublishAsync(Message("plant1/boiler/flow", "reading"));
        await client.PublishAsync(Message("lamp", "on"));
        await Eventually.TrueAsync(() => Texts("lamp").Count == 1);
        Assert.Empty(Texts("plant1/boiler/flow"));
    }

    [Fact]
    public async Task A_message_that_was_here_before_ends_here()
    {
        await using var bridge = await StartAsync(Out("a/#"));
        await using var client = await ConnectAsync(_local, "other-bridge");
        await client.PublishAsync(Message("a/b", "old") with { UserProperties = [new("bridge", "plant2-bridge"), new("bridge", "plant1-bridge")] });
        await client.PublishAsync(Message("a/b", "new") with { UserProperties = [new("bridge", "plant2-bridge")] });
        await Eventually.TrueAsync(() => Texts("a/b").Count > 0);
        Assert.Equal(["new"], Texts("a/b"));
        Assert.Equal(1, bridge.GetStatus().Looped);
        Assert.Equal([new("bridge", "plant2-bridge"), new("bridge", "plant1-bridge")], _upstreamMessages.Last(m => m.Topic == "a/b").UserProperties);
    }

    [Fact]
    public async Task Exactly_once_is_not_disturbed_by_what_an_earlier_run_left_unfinished()
    {
        var topic = new BridgeTopic { Pattern = "a/#", IsOut = true, IsIn = true, QoS = QualityOfService.ExactlyOnce };
        await using var client = await ConnectAsync(_local, "lamp");

        // The session upstream knows a first half of a delivery with each of the identifiers that the bridge will use first.
        await using (var earlier = await RawSession.OpenAsync(_upstream, "plant1-bridge"))
        {
            await earlier.PublishExactlyOnceWithoutReleaseAsync("a/early", 1, 5);
        }

        await using var bridge = await StartAsync(topic);
        await Eventually.TrueAsync(() => bridge.GetStatus().Connection.IsConnected);
        for (var n = 0; n < 10; n++)
        {
            await client.PublishAsync(Message("a/b", $"{n}") with { QoS = QualityOfService.ExactlyOnce });
        }

        await Eventually.TrueAsync(() => Texts("a/b").Count == 10, () => string.Join(' ', Texts("a/b")));
        Assert.Equal(Enumerable.Range(0, 10).Select(n => $"{n}"), Texts("a/b"));
    }

    private static BridgeTopic Out(string pattern) => new() { Pattern = pattern, IsOut = true, IsIn = false };

    private static ApplicationMessage Message(string topic, string payload, bool retain = false) =>
        new() { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload), QoS = QualityOfService.AtLeastOnce, Retain = retain };

    private static async Task<MqttClient> ConnectAsync(MqttBroker broker, string clientId)
    {
        var client = new MqttClient(new MqttClientOptions { Servers = [AddressOf(broker)], ClientIdentifier = clientId });
        await client.ConnectAsync();
        return client;
    }

    private static Uri AddressOf(MqttBroker broker) => new($"mqtt://127.0.0.1:{((IPEndPoint)broker.Listeners[0].EndPoint!).Port}");

    private List<string> Texts(string topic) =>
        [.. _upstreamMessages.Where(message => message.Topic == topic).Select(message => Encoding.UTF8.GetString(message.Payload.Span))];

    private Task<Bridge> StartAsync(params BridgeTopic[] topics) =>
        StartAsync(_upstream.Listeners[0].EndPoint is IPEndPoint endPoint ? endPoint.Port : LoopbackPort.Free(), topics);

    private async Task<Bridge> StartAsync(int port, params BridgeTopic[] topics)
    {
        var options = new GatewayOptions
        {
            Site = "plant1",
            DeviceMaps = [],
            Data = _data,
            Publish = new PublishOptions { Topic = "{site}/{device}/{point}", Format = PayloadStyle.Json, Per = PublishUnit.Point, Retain = false },
            Queue = _queue,
            Broker = new BrokerOptions { Listen = [] },
            Web = new WebOptions { Listen = [] },
            Bridge = new BridgeOptions
            {
                Connection = new UplinkOptions { Urls = [new Uri($"mqtt://127.0.0.1:{port}")], ClientId = "plant1-bridge" },
                IsUplinkBroker = false,
                Topics = topics,
            },
        };
        var bridge = await Bridge.OpenAsync(options, _local, TimeProvider.System, NullLoggerFactory.Instance);
        await bridge.StartAsync();
        return bridge;
    }
}
