using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>What becomes of retained states, at both brokers, when configuration or maps change while the gateway is stopped.</summary>
public sealed class FormerTopicsTests : IAsyncLifetime
{
    private static readonly DeviceDefinition Boiler = Points.Device("boiler", Points.Point(every: 1000));
    private static readonly DeviceDefinition Meter = Points.Device("meter", Points.Point(device: "meter", every: 1000));

    private readonly string _data = Directory.CreateTempSubdirectory("gateway-runtime-").FullName;
    private readonly MqttBroker _upstream = Listening();
    private MqttBroker _local = Listening();

    public async Task InitializeAsync()
    {
        await _local.StartAsync(CancellationToken.None);
        await _upstream.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await _local.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task An_uplink_says_that_the_gateway_is_stopped_and_nothing_once_it_is_taken_out()
    {
        await RunAsync([Uplink("cloud"), Uplink("plant")], [Boiler], () => StatusOf("/cloud") == "connected" && StatusOf("/plant") == "connected");
        Assert.Equal(("away", "away"), (StatusOf("/cloud"), StatusOf("/plant")));
        Assert.Contains("\"reason\":\"the gateway is stopped\"", Local("plant1/$gateway/uplink/cloud"), StringComparison.Ordinal);

        await RunAsync([Uplink("plant")], [Boiler], () => StatusOf("/plant") == "connected" && StatusOf("/cloud") is null);
        await RunAsync([Uplink()], [Boiler], () => StatusOf("") == "connected" && StatusOf("/plant") is null);
        await RunAsync([Uplink("plant")], [Boiler], () => StatusOf("/plant") == "connected" && StatusOf("") is null);
        await RunAsync([], [Boiler], () => StatusOf("/plant") is null);
    }

    [Fact]
    public async Task A_device_that_is_taken_out_of_the_maps_is_forgotten_at_both_brokers()
    {
        await RunAsync([Uplink()], [Boiler, Meter], () => Upstream("plant1/meter/$state") is not null && Local("plant1/meter/flow") is not null);
        Assert.Equal(("online", "online"), (Local("plant1/meter/$status"), Upstream("plant1/meter/$status")));

        await RunAsync([Uplink()], [Boiler], () => AllOf(_upstream, "plant1/meter/#").Count == 0 && AllOf(_local, "plant1/meter/#").Count == 0);
        Assert.Equal(("online", "online"), (Local("plant1/boiler/$status"), Upstream("plant1/boiler/$status")));
        Assert.NotNull(Local("plant1/boiler/flow"));
    }

    [Fact]
    public async Task A_broker_that_was_away_hears_of_it_at_a_later_start_whatever_the_local_one_has_kept()
    {
        await RunAsync([Uplink()], [Boiler, Meter], () => Upstream("plant1/meter/$state") is not null);
        await _local.DisposeAsync();
        _local = Listening();
        await _local.StartAsync(CancellationToken.None);

        await RunAsync([Uplink() with { Urls = [new Uri($"mqtt://127.0.0.1:{LoopbackPort.Free()}")] }], [Boiler], () => Local("plant1/boiler/$status") is not null);
        Assert.Equal("online", Upstream("plant1/meter/$status"));
        await RunAsync([Uplink()], [Boiler], () => AllOf(_upstream, "plant1/meter/#").Count == 0);
    }

    [Fact]
    public async Task A_device_that_is_there_again_is_told_as_it_is()
    {
        await RunAsync([Uplink()], [Boiler, Meter], () => Upstream("plant1/meter/$state") is not null);
        await RunAsync([Uplink()], [Boiler], () => AllOf(_upstream, "plant1/meter/#").Count == 0);
        await RunAsync([Uplink()], [Boiler, Meter], () => Upstream("plant1/meter/$status") == "online");
        Assert.Equal("online", Upstream("plant1/meter/$status"));
    }

    [Fact]
    public async Task What_others_published_stays()
    {
        await RunAsync([Uplink()], [Boiler, Meter], () => Local("plant1/meter/$state") is not null);
        var options = new MqttClientOptions { Servers = [new Uri($"mqtt://127.0.0.1:{PortOf(_local)}")], ClientIdentifier = "other" };
        await using (var client = new MqttClient(options))
        {
            await client.ConnectAsync();
            foreach (var topic in new[] { "plant1/meter/$status", "plant1/pump/$status", "plant1/$gateway/uplink/other" })
            {
                await client.PublishAsync(new ApplicationMessage { Topic = topic, Payload = "online"u8.ToArray(), QoS = QualityOfService.AtLeastOnce, Retain = true });
            }
        }

        await _local.PublishAsync(new ApplicationMessage { Topic = "plant2/meter/$status", Payload = "online"u8.ToArray(), Retain = true, UserProperties = [new UserProperty("bridge", "plant1-bridge")] });
        await _local.PublishAsync(new ApplicationMessage { Topic = "plant1/pump/mode", Payload = "online"u8.ToArray(), Retain = true });

        await RunAsync([Uplink()], [Boiler], () => Local("plant1/meter/$state") is null);
        foreach (var topic in new[] { "plant1/meter/$status", "plant1/pump/$status", "plant1/$gateway/uplink/other", "plant2/meter/$status", "plant1/pump/mode" })
        {
            Assert.Equal("online", Local(topic));
        }
    }

    [Fact]
    public async Task Under_another_name_of_the_site_the_local_broker_forgets_the_former_one()
    {
        await RunAsync([Uplink()], [Boiler], () => Upstream("plant1/boiler/$state") is not null && Local("plant1/boiler/flow") is not null);
        await RunAsync([Uplink()], [Boiler], () => Upstream("plant2/boiler/$state") is not null && AllOf(_local, "plant1/#").Count == 0, "plant2");

        // Another gateway may have that name.
        Assert.Equal(("online", "offline"), (Upstream("plant1/boiler/$status"), Upstream("plant1/$gateway/status")));
    }

    [Fact]
    public async Task How_much_waits_is_not_told_for_ever()
    {
        const string Depth = "plant1/$gateway/queue/depth";
        await _local.PublishAsync(new ApplicationMessage { Topic = Depth, Payload = "17"u8.ToArray(), Retain = true });
        await _upstream.PublishAsync(new ApplicationMessage { Topic = Depth, Payload = "17"u8.ToArray(), Retain = true });
        await RunAsync([Uplink()], [Boiler], () => Local(Depth) is null && Upstream(Depth) is null);
    }

    private static MqttBroker Listening() => new(new MqttBrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")], AllowAnonymous = true });

    private static int PortOf(MqttBroker broker) => ((IPEndPoint)broker.Listeners[0].EndPoint!).Port;

    private static IReadOnlyList<ApplicationMessage> AllOf(MqttBroker broker, string filter) => broker.FindRetained(filter);

    private static string? TextOf(MqttBroker broker, string topic) => AllOf(broker, topic) is [var message] ? Encoding.UTF8.GetString(message.Payload.Span) : null;

    private string? Local(string topic) => TextOf(_local, topic);

    private string? Upstream(string topic) => TextOf(_upstream, topic);

    private string? StatusOf(string uplink) =>
        Local($"plant1/$gateway/uplink{uplink}") is { } text ? JsonElement.Parse(text).GetProperty("status").GetString() : null;

    private UplinkOptions Uplink(string name = UplinkOptions.DefaultName) =>
        new() { Name = name, Urls = [new Uri($"mqtt://127.0.0.1:{PortOf(_upstream)}")], ClientId = $"plant1-{name}" };

    // A gateway that starts, runs until something is so, and is stopped.
    private async Task RunAsync(IReadOnlyList<UplinkOptions> uplinks, DeviceDefinition[] devices, Func<bool> until, string site = "plant1")
    {
        var options = new GatewayOptions
        {
            Site = site,
            DeviceMaps = [],
            Data = _data,
            Uplinks = uplinks,
            Publish = new PublishOptions { Topic = PublishOptions.DefaultTopic },
            Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
            Broker = new BrokerOptions { Listen = [] },
            Web = new WebOptions { Listen = [] },
        };
        await using var gateway = new GatewayRuntime(options, [new FakeDriver()], _local, TimeProvider.System, NullLoggerFactory.Instance);
        await gateway.StartAsync([Points.Bus(devices)], CancellationToken.None);
        await Eventually.TrueAsync(until, () => string.Join('\n', AllOf(_local, "#").Concat(AllOf(_upstream, "#")).Select(message => $"{message.Topic} {Encoding.UTF8.GetString(message.Payload.Span)}")));
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await gateway.StopAsync(soon.Token);
    }
}
