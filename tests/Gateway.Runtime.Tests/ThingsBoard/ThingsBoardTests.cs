using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.ThingsBoard;

/// <summary>The gateway and a script that plays the server's part of ThingsBoard's APIs, as they are documented, on a broker between them.</summary>
public sealed class ThingsBoardTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("gateway-thingsboard-").FullName;
    private readonly ConcurrentQueue<ApplicationMessage> _localMessages = [];
    private readonly MqttBroker _local = new(new MqttBrokerOptions { Listen = [] });
    private readonly MqttBroker _upstream = new(new MqttBrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")] });

    public async Task InitializeAsync()
    {
        await _local.StartAsync(CancellationToken.None);
        await _upstream.StartAsync(CancellationToken.None);
        await _local.SubscribeAsync("plant1/#", Collect(_localMessages), 100_000);
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await _local.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [PeerFact(Peer.Paho)]
    public async Task By_the_gateway_API_each_device_is_one_of_ThingsBoards()
    {
        await using var server = await ServeAsync(
            "gateway",
            new
            {
                boiler = new { setpoint = 22.5, flow = 1 },
            },
            [
                new { device = "boiler", method = "setpoint", @params = (object)19.5 },
                new { device = "boiler", method = "get", @params = (object)new { point = "setpoint" } },
                new { device = "boiler", method = "set", @params = (object)new { point = "mode", value = 3 } },
                new { device = "boiler", method = "flow", @params = (object)1 },
                new { device = "nobody", method = "flow", @params = (object)new { } },
            ],
            [new { device = "boiler", data = new { setpoint = 25.5, other = "x" } }]);
        await using var gateway = await StartAsync(ThingsBoardTelemetry.GatewayTopic);

        await server.WaitForLineAsync("connect boiler default");
        await server.WaitForLineContainingAsync("\"status\": \"online\"");
        Assert.Contains("\"keys\": [\"setpoint\", \"mode\"]", await server.WaitForLineAsync("request"), StringComparison.Ordinal);
        var telemetry = JsonDocument.Parse((await server.WaitForLineContainingAsync("\"flow\"")).Split(' ', 2)[1]).RootElement.GetProperty("boiler")[0];
        Assert.InRange(DateTimeOffset.FromUnixTimeMilliseconds(telemetry.GetProperty("ts").GetInt64()), TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow());

        await server.WaitForLineAsync("""answer 1 boiler {"ok": true, "value": 19.5}""");
        Assert.Matches(@"^answer 2 boiler \d+(\.\d+)?$", await server.WaitForLineAsync("answer 2 "));
        await server.WaitForLineAsync("""answer 3 boiler {"ok": true, "value": 3}""");
        await server.WaitForLineAsync("""answer 4 boiler {"error": "boiler.flow is not writable; its map must say write: true", "ok": false}""");
        await server.WaitForLineAsync("""answer 5 nobody {"error": "there is no point nobody.flow", "ok": false}""");

        // The shared attribute as it was when the device came, and as it became.
        await Eventually.TrueAsync(() => Values("setpoint").Contains("22.5") && Values("setpoint").LastOrDefault() == "25.5");
        await gateway.ApplyAsync([], CancellationToken.None);
        await server.WaitForLineAsync("disconnect boiler");

        // It has no other topics, and ends the connection of who publishes to some.
        Assert.DoesNotContain("stray", server.Output, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Paho)]
    public async Task By_the_device_API_the_gateway_is_the_only_device()
    {
        await using var server = await ServeAsync(
            "device",
            new { boiler = new { mode = 7 } },
            [
                new { device = "", method = "boiler.setpoint", @params = (object)19.5 },
                new { device = "", method = "boiler.mode", @params = (object)new { } },
                new { device = "", method = "boiler.none", @params = (object)1 },
            ],
            [new { device = "", data = new Dictionary<string, object> { ["boiler.setpoint"] = 25.5, ["deleted"] = (string[])["boiler.mode"] } }]);
        await using var gateway = await StartAsync(ThingsBoardTelemetry.DeviceTopic);

        await server.WaitForLineContainingAsync("\"boiler.status\": \"online\"");
        Assert.Contains("\"sharedKeys\": \"boiler.setpoint,boiler.mode\"", await server.WaitForLineAsync("request"), StringComparison.Ordinal);
        await server.WaitForLineContainingAsync("\"values\": {\"boiler.flow\": ");
        await server.WaitForLineAsync("""answer 1 {"ok": true, "value": 19.5}""");
        Assert.Matches(@"^answer 2 \d+(\.\d+)?$", await server.WaitForLineAsync("answer 2 "));
        await server.WaitForLineAsync("""answer 3 {"error": "there is no point boiler.none", "ok": false}""");
        await Eventually.TrueAsync(() => Values("mode").Contains("7") && Values("setpoint").LastOrDefault() == "25.5");
    }

    [PeerFact(Peer.Paho)]
    public async Task An_attribute_that_was_set_before_a_restart_is_not_set_again_and_an_old_one_starts_no_pulse()
    {
        await using (var server = await ServeAsync("gateway", new { boiler = new { setpoint = 22.5, door = true } }, [], []))
        {
            await using var gateway = await StartAsync(ThingsBoardTelemetry.GatewayTopic, Door);
            await Eventually.TrueAsync(() => Values("setpoint").Contains("22.5"));
            await gateway.StopAsync(CancellationToken.None);
        }

        _localMessages.Clear();
        await using var later = await ServeAsync("gateway", new { boiler = new { setpoint = 22.5, door = true, mode = 7 } }, [], []);
        await using var restarted = await StartAsync(ThingsBoardTelemetry.GatewayTopic, Door);
        await Eventually.TrueAsync(() => Values("mode").Contains("7"));

        // Had they been set, they would have been so before that.
        var (doors, setpoints) = (Values("door").Count(), Values("setpoint").Count());
        await Eventually.TrueAsync(() => Values("door").Count() > doors + 1 && Values("setpoint").Count() > setpoints + 1);
        Assert.DoesNotContain("true", Values("door"));
        Assert.DoesNotContain("22.5", Values("setpoint"));
    }

    [PeerFact(Peer.Paho)]
    public async Task An_attribute_that_the_point_had_already_is_an_old_one_once_the_point_is_changed_on_site()
    {
        await using (var server = await ServeAsync("gateway", new { boiler = new { setpoint = 22.5, mode = 7 } }, [], []))
        {
            await using var gateway = await StartAsync(ThingsBoardTelemetry.GatewayTopic, Holding(22.5m));
            await Eventually.TrueAsync(() => Values("mode").Contains("7"));
            await gateway.StopAsync(CancellationToken.None);
        }

        _localMessages.Clear();
        await using var later = await ServeAsync("gateway", new { boiler = new { setpoint = 22.5, mode = 8 } }, [], []);
        await using var restarted = await StartAsync(ThingsBoardTelemetry.GatewayTopic, Holding(30));
        await Eventually.TrueAsync(() => Values("mode").Contains("8"));

        var setpoints = Values("setpoint").Count();
        await Eventually.TrueAsync(() => Values("setpoint").Count() > setpoints + 1);
        Assert.DoesNotContain("22.5", Values("setpoint"));

        static FakeDriver Holding(decimal setpoint) => new(new Dictionary<string, PointValue> { ["setpoint"] = PointValue.From(setpoint) });
    }

    [PeerFact(Peer.Paho)]
    public async Task An_attribute_that_changes_now_starts_a_pulse()
    {
        await using var server = await ServeAsync("gateway", new { }, [], [new { device = "boiler", data = new { door = true } }]);
        await using var gateway = await StartAsync(ThingsBoardTelemetry.GatewayTopic, Door);
        await Eventually.TrueAsync(() => Values("door").Contains("true"));
    }

    [Fact]
    public void A_token_is_the_user_name_and_not_shown()
    {
        var options = new UplinkOptions { Urls = [new Uri("mqtt://127.0.0.1")], ClientId = "plant1-gateway", Password = new Secret("A1_TOKEN"), UsesToken = true };
        var client = UpstreamClient.OptionsFor(options);
        Assert.Equal(("A1_TOKEN", null), (client.UserName, client.Password));
        Assert.DoesNotContain("A1_TOKEN", options.ToString(), StringComparison.Ordinal);
    }

    private IEnumerable<string> Values(string point) => _localMessages
        .Where(message => message.Topic == $"plant1/boiler/{point}")
        .Select(message => JsonDocument.Parse(message.Payload).RootElement.GetProperty("value").GetRawText());

    private static Func<ApplicationMessage, CancellationToken, ValueTask> Collect(ConcurrentQueue<ApplicationMessage> messages) => (message, _) =>
    {
        if (!message.Payload.IsEmpty)
        {
            messages.Enqueue(message with { Payload = message.Payload.ToArray() });
        }

        return ValueTask.CompletedTask;
    };

    private async Task<PeerProcess> ServeAsync(string api, object shared, object[] calls, object[] updates)
    {
        var script = JsonSerializer.Serialize(new { port = ((IPEndPoint)_upstream.Listeners[0].EndPoint!).Port, api, shared, calls, updates });
        var server = PeerProcess.Start(Peer.Python, [Path.Combine(AppContext.BaseDirectory, "thingsboard.py")], script);
        await server.WaitForLineAsync("ready");
        return server;
    }

    private static PointDefinition Door => Points.Point("door", every: 0.1, unit: null, writable: true, settings: new Settings(
        new Dictionary<string, object> { ["pulse"] = TimeSpan.FromSeconds(1) },
        new Dictionary<string, SourceLocation> { ["pulse"] = Points.NoSettings.Location },
        Points.NoSettings.Location));

    private Task<GatewayRuntime> StartAsync(string topic, params PointDefinition[] others) => StartAsync(topic, new FakeDriver(), others);

    private async Task<GatewayRuntime> StartAsync(string topic, FakeDriver driver, params PointDefinition[] others)
    {
        var options = new GatewayOptions
        {
            Site = "plant1",
            DeviceMaps = [],
            Data = _data,
            Uplinks =
            [
                new UplinkOptions
                {
                    Urls = [new Uri($"mqtt://127.0.0.1:{((IPEndPoint)_upstream.Listeners[0].EndPoint!).Port}")],
                    ClientId = "plant1-gateway",
                    Publish = new PublishOptions { Topic = topic, Format = PayloadStyle.ThingsBoard },
                },
            ],
            Publish = new PublishOptions { Topic = PublishOptions.DefaultTopic },
            Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
            Broker = new BrokerOptions { Listen = [] },
            Web = new WebOptions { Listen = [] },
        };
        var gateway = new GatewayRuntime(options, [driver], _local, TimeProvider.System, NullLoggerFactory.Instance);
        var boiler = Points.Device("boiler", [Points.Point(every: 0.1), Points.Point("setpoint", every: 0.1, writable: true), .. others, Points.Point("mode", every: 0.1, unit: null, writable: true)]);
        await gateway.StartAsync([Points.Bus(boiler)], CancellationToken.None);
        return gateway;
    }
}
