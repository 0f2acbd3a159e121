using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>When an uplink goes on with the session of an earlier run: only where it is known whose that is.</summary>
public sealed class ExactlyOnceSessionTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("gateway-runtime-").FullName;
    private readonly MqttBroker _local = new(new MqttBrokerOptions { Listen = [] });

    public Task InitializeAsync() => _local.StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _local.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Theory]
    [InlineData(QualityOfService.ExactlyOnce, false, 1, false)]
    [InlineData(QualityOfService.ExactlyOnce, true, 1, true)]
    [InlineData(QualityOfService.ExactlyOnce, false, 2, true)]
    [InlineData(QualityOfService.AtLeastOnce, false, 1, true)]
    public async Task Of_several_brokers_and_of_one_that_may_refer_to_others_it_is_not(QualityOfService qos, bool followsReferences, int brokers, bool isCleanStart)
    {
        await using var upstream = new ScriptedBroker(_ => 0);
        Uri[] urls = [new($"mqtt://127.0.0.1:{upstream.Port}"), new("mqtt://127.0.0.1:1")];
        var uplink = new UplinkOptions { Urls = urls[..brokers], ClientId = "plant1-gateway", QoS = qos, FollowReferences = followsReferences ? ["*.example.org"] : [] };
        var options = new GatewayOptions
        {
            Site = "plant1",
            DeviceMaps = [],
            Data = _data,
            Uplinks = [uplink],
            Publish = new PublishOptions { Topic = "{site}/{device}/{point}" },
            Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
            Broker = new BrokerOptions { Listen = [] },
            Web = new WebOptions { Listen = [] },
        };
        await using var gateway = new GatewayRuntime(options, [new FakeDriver()], _local, TimeProvider.System, NullLoggerFactory.Instance);
        await gateway.StartAsync([Points.Bus(Points.Device("boiler", Points.Point(every: 1000)))], CancellationToken.None);
        await Eventually.TrueAsync(() => !upstream.CleanStarts.IsEmpty);
        Assert.Equal(isCleanStart, upstream.CleanStarts.First());
    }
}
