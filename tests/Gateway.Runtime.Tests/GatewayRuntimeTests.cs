using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests;

/// <summary>The whole data path in process, between a fake bus and two brokers of ours on loopback.</summary>
public sealed class GatewayRuntimeTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _data = Directory.CreateTempSubdirectory("gateway-runtime-").FullName;
    private readonly ConcurrentQueue<ApplicationMessage> _upstreamMessages = [];
    private readonly ConcurrentQueue<ApplicationMessage> _localMessages = [];
    private readonly MqttBroker _local = new(new MqttBrokerOptions { Listen = [] });
    private PublishOptions _publish = new() { Topic = PublishOptions.DefaultTopic };
    private MqttBroker _upstream = new(new MqttBrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")] });

    public async Task InitializeAsync()
    {
        await _local.StartAsync(CancellationToken.None);
        await _upstream.StartAsync(CancellationToken.None);
        await _local.SubscribeAsync("#", Collect(_localMessages), 100_000);
        await _upstream.SubscribeAsync("#", Collect(_upstreamMessages), 100_000);
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await _local.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_reading_reaches_both_brokers_with_one_id_and_one_time()
    {
        await using var gateway = await StartAsync(Points.Device("boiler", Points.Point(every: 0.02)));
        await UntilAsync(() => Readings(_upstreamMessages).Count() >= 10);
        await gateway.StopAsync(CancellationToken.None);
        var upstream = Readings(_upstreamMessages).Select(Text).ToList();
        Assert.Equal(Readings(_localMessages).Select(Text).Take(upstream.Count), upstream);
        Assert.Equal(upstream.Distinct(), upstream);
        Assert.StartsWith("""{"value":1,"time":""", upstream[0], StringComparison.Ordinal);
        Assert.Matches(""","quality":"good","unit":"°C","id":"plant1-[0-9]+-000001"}$""", upstream[0]);
    }

    [Fact]
    public async Task What_is_read_while_the_uplink_is_away_arrives_later_in_order()
    {
        var port = ((IPEndPoint)_upstream.Listeners[0].EndPoint!).Port;
        await using var gateway = await StartAsync(Points.Device("boiler", Points.Point(every: 0.02)));
        await UntilAsync(() => Readings(_upstreamMessages).Count() >= 5);
        await _upstream.StopAsync(CancellationToken.None);
        await _upstream.DisposeAsync();
        var seen = Readings(_localMessages).Count();
        await UntilAsync(() => Readings(_localMessages).Count() >= seen + 20);
        Assert.False(gateway.GetStatus().Uplinks[0].IsConnected);

        _upstream = new MqttBroker(new MqttBrokerOptions { Listen = [new Uri($"mqtt://127.0.0.1:{port}")] });
        await _upstream.SubscribeAsync("#", Collect(_upstreamMessages), 100_000);
        await _upstream.StartAsync(CancellationToken.None);
        await UntilAsync(() => gateway.GetStatus().Uplinks[0].IsConnected);
        var last = Values(_localMessages).Max();
        await UntilAsync(() => Values(_upstreamMessages).Contains(last));
        var values = Values(_upstreamMessages).Distinct().ToList();
        Assert.Equal(Enumerable.Range(1, values.Count), values);
    }

    [Fact]
    public async Task What_was_not_sent_before_a_stop_is_sent_after_the_next_start()
    {
        var port = ((IPEndPoint)_upstream.Listeners[0].EndPoint!).Port;
        await _upstream.DisposeAsync();
        await using (var gateway = await StartAsync(port, Points.Device("boiler", Points.Point(every: 0.02))))
        {
            await UntilAsync(() => Readings(_localMessages).Count() >= 20);
            await gateway.StopAsync(CancellationToken.None);
        }

        var accepted = Readings(_localMessages).Select(Text).ToList();
        _upstream = new MqttBroker(new MqttBrokerOptions { Listen = [new Uri($"mqtt://127.0.0.1:{port}")] });
        await _upstream.SubscribeAsync("#", Collect(_upstreamMessages), 100_000);
        await _upstream.StartAsync(CancellationToken.None);
        await using var second = await StartAsync(port, Points.Device("other", Points.Point(device: "other", every: 1000)));
        await UntilAsync(() => Readings(_upstreamMessages).Count() > accepted.Count);
        Assert.Equal(accepted, Readings(_upstreamMessages).Select(Text).Take(accepted.Count));
        Assert.EndsWith($"\"id\":\"plant1-{BootOf(accepted[0]) + 1}-000001\"}}", Text(Readings(_upstreamMessages).Last()), StringComparison.Ordinal);

        static int BootOf(string payload) => int.Parse(JsonDocument.Parse(payload).RootElement.GetProperty("id").GetString()!.Split('-')[1], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_command_from_either_broker_is_carried_out_and_answered()
    {
        await using var gateway = await StartAsync(Points.Device("boiler", Points.Point("setpoint", every: 1000, scale: 0.1m, writable: true)));
        await UntilAsync(() => Readings(_upstreamMessages).Any());
        foreach (var (broker, messages, value) in new[] { (_local, _localMessages, "21.5"), (_upstream, _upstreamMessages, "22.5") })
        {
            await UntilAsync(() =>
            {
                _ = broker.PublishAsync(new ApplicationMessage { Topic = "plant1/boiler/setpoint/set", Payload = Encoding.UTF8.GetBytes(value) });
                return messages.Any(m => m.Topic == "plant1/boiler/setpoint/result" && Text(m) == $$"""{"ok":true,"value":{{value}}}""");
            });
            await UntilAsync(() => Readings(messages).Any(m => Text(m).StartsWith($$"""{"value":{{value}},""", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("plant1/boiler/limit/set")]
    [InlineData("plant1/boiler/limit")]
    [InlineData("plant1/boiler/$status")]
    [InlineData("plant1/$gateway/status")]
    [InlineData("homeassistant/device/boiler/config")]
    public async Task The_answer_to_a_command_is_no_command_and_no_reading_of_another_point(string responseTopic)
    {
        _publish = _publish with { HomeAssistantPrefix = "homeassistant" };
        await using var gateway = await StartAsync(
            Points.Device("boiler", Points.Point("setpoint", every: 1000, writable: true), Points.Point("limit", every: 1000, writable: true)));
        await UntilAsync(() => Readings(_upstreamMessages).Any());
        foreach (var (broker, messages, value) in new[] { (_local, _localMessages, "21"), (_upstream, _upstreamMessages, "22") })
        {
            await UntilAsync(() =>
            {
                _ = broker.PublishAsync(new ApplicationMessage { Topic = "plant1/boiler/setpoint/set", Payload = Encoding.UTF8.GetBytes(value), ResponseTopic = responseTopic });
                return messages.Any(m => m.Topic == "plant1/boiler/setpoint/result" && Text(m) == $$"""{"ok":true,"value":{{value}}}""");
            });
            Assert.DoesNotContain(messages, m => m.Topic == responseTopic && Text(m).Contains("\"ok\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Status_topics_are_retained_and_forgotten_with_their_device()
    {
        await using var gateway = await StartAsync(
            Points.Device("boiler", Points.Point(every: 1000)), Points.Device("meter", Points.Point(device: "meter", every: 1000)));
        await UntilAsync(() => Last(_upstreamMessages, "plant1/meter/$status") == "online" && Last(_upstreamMessages, "plant1/$gateway/status") == "online");
        Assert.StartsWith("""{"status":"online","since":""", Last(_localMessages, "plant1/meter/$state"), StringComparison.Ordinal);

        await gateway.ApplyAsync([Points.Bus(Points.Device("boiler", Points.Point(every: 1000)))], CancellationToken.None);
        await UntilAsync(() => Last(_upstreamMessages, "plant1/meter/$status")?.Length == 0 && Last(_localMessages, "plant1/meter/flow")?.Length == 0);

        await gateway.StopAsync(CancellationToken.None);
        await UntilAsync(() => Last(_upstreamMessages, "plant1/$gateway/status") == "offline");
        Assert.Equal("offline", Last(_localMessages, "plant1/$gateway/status"));
    }

    [Fact]
    public async Task A_stop_that_may_not_take_time_says_goodbye_all_the_same()
    {
        await using var gateway = await StartAsync(Points.Device("boiler", Points.Point(every: 1000)));
        await UntilAsync(() => Last(_upstreamMessages, "plant1/$gateway/status") == "online");
        await gateway.StopAsync(new CancellationToken(canceled: true));
        await UntilAsync(() => Last(_upstreamMessages, "plant1/$gateway/status") == "offline");
    }

    [Fact]
    public async Task Devices_announce_themselves_at_both_brokers_and_again_to_a_Home_Assistant_that_comes_up()
    {
        _publish = _publish with { HomeAssistantPrefix = "homeassistant" };
        await using var gateway = await StartAsync(Points.Device("boiler", Points.Point(every: 1000)), Points.Device("meter", Points.Point(device: "meter", every: 1000)));
        foreach (var (broker, messages) in new[] { (_local, _localMessages), (_upstream, _upstreamMessages) })
        {
            await UntilAsync(() => Last(messages, "homeassistant/device/plant1_boiler/config")?.Contains("\"state_topic\":\"plant1/boiler/flow\"", StringComparison.Ordinal) is true);
            await UntilAsync(() =>
            {
                _ = broker.PublishAsync(new ApplicationMessage { Topic = "homeassistant/status", Payload = "online"u8.ToArray() });
                return messages.Count(m => m.Topic == "homeassistant/device/plant1_boiler/config") >= 2;
            });
        }

        await gateway.ApplyAsync([Points.Bus(Points.Device("boiler", Points.Point(every: 1000)))], CancellationToken.None);
        await UntilAsync(() => Last(_upstreamMessages, "homeassistant/device/plant1_meter/config")?.Length == 0 && Last(_localMessages, "homeassistant/device/plant1_meter/config")?.Length == 0);
    }

    private static Func<ApplicationMessage, CancellationToken, ValueTask> Collect(ConcurrentQueue<ApplicationMessage> messages) => (message, _) =>
    {
        messages.Enqueue(message with { Payload = message.Payload.ToArray() });
        return ValueTask.CompletedTask;
    };

    private static IEnumerable<ApplicationMessage> Readings(IEnumerable<ApplicationMessage> messages) =>
        messages.Where(m => Text(m).StartsWith("{\"value\":", StringComparison.Ordinal));

    private static IEnumerable<int> Values(IEnumerable<ApplicationMessage> messages) =>
        Readings(messages).Select(m => JsonDocument.Parse(m.Payload).RootElement.GetProperty("value").GetInt32());

    private static string? Last(IEnumerable<ApplicationMessage> messages, string topic) =>
        messages.LastOrDefault(m => m.Topic == topic) is { } message ? Text(message) : null;

    private static string Text(ApplicationMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }
    }

    private Task<GatewayRuntime> StartAsync(params DeviceDefinition[] devices) =>
        StartAsync(((IPEndPoint)_upstream.Listeners[0].EndPoint!).Port, devices);

    private async Task<GatewayRuntime> StartAsync(int port, params DeviceDefinition[] devices)
    {
        var options = new GatewayOptions
        {
            Site = "plant1",
            DeviceMaps = [],
            Data = _data,
            Uplinks = [new UplinkOptions { Urls = [new Uri($"mqtt://127.0.0.1:{port}")], ClientId = "plant1-gateway" }],
            Publish = _publish,
            Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
            Broker = new BrokerOptions { Listen = [] },
            Web = new WebOptions { Listen = [] },
        };
        var gateway = new GatewayRuntime(options, [new FakeDriver()], _local, TimeProvider.System, NullLoggerFactory.Instance);
        await gateway.StartAsync([Points.Bus(devices)], CancellationToken.None);
        return gateway;
    }
}
