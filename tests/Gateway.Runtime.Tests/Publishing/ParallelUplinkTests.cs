using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>Two uplinks of one queue, of which one has a broker that does not take everything.</summary>
public sealed class ParallelUplinkTests : IAsyncLifetime
{
    private const string Bad = "plant1/bad/flow";
    private const string Good = "plant1/good/flow";

    private readonly string _data = Directory.CreateTempSubdirectory("gateway-runtime-").FullName;
    private readonly MqttBroker _local = new(new MqttBrokerOptions { Listen = [] });

    public Task InitializeAsync() => _local.StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _local.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task What_one_broker_refuses_is_parked_for_it_alone_and_comes_again_to_it_alone()
    {
        await using var strict = new ScriptedBroker(topic => topic == Bad ? (byte)0x90 : (byte)0);
        await using var lenient = new ScriptedBroker(_ => 0);
        await using var gateway = await StartAsync(strict.Port, lenient.Port);
        await Eventually.TrueAsync(() => gateway.GetStatus().Queue.Parked >= 3 && Count(strict.Taken, Good) > 50 && Count(lenient.Taken, Bad) > 50);
        Assert.InRange(gateway.GetStatus().Uplinks.Single(uplink => uplink.Name == "strict").Refused, 3, long.MaxValue);
        Assert.Equal(0, gateway.GetStatus().Uplinks.Single(uplink => uplink.Name == "lenient").Refused);
        Assert.All(QueueInspector.ListParked(Path.Combine(_data, "queue"))!, parked => Assert.Equal("strict", parked.Reader));

        // What was refused last may be parked only after the first retry.
        strict.Answer = _ => 0;
        await Eventually.TrueAsync(() => Count(strict.Taken, Bad) > 0);
        var refused = strict.Received.Where(message => message.Topic == Bad).Select(message => message.Payload).ToHashSet();
        await Eventually.TrueAsync(
            () =>
            {
                gateway.RetryParked();
                return strict.Taken.Select(message => message.Payload).ToHashSet().IsSupersetOf(refused);
            },
            () => $"{gateway.GetStatus().Queue.Parked} are parked.");
        await Eventually.TrueAsync(() => gateway.GetStatus().Queue.Parked == 0);

        // What is read from now on comes behind what came again: had it come to the other broker, too, it would be there by then.
        var count = Count(lenient.Taken, Bad);
        await Eventually.TrueAsync(() => Count(lenient.Taken, Bad) > count + 20);
        Assert.All(lenient.Taken.Where(message => message.Topic is Bad or Good).CountBy(message => message.Payload), message => Assert.Equal(1, message.Value));
    }

    [Fact]
    public async Task A_message_for_which_one_broker_ends_its_connections_is_parked_for_it_and_the_other_notices_nothing()
    {
        // Not for a quota: for what it says.
        await using var strict = new ScriptedBroker(topic => topic == Bad ? (byte)0x99 : (byte)0) { Disconnects = true };
        await using var lenient = new ScriptedBroker(_ => 0);
        await using var gateway = await StartAsync(strict.Port, lenient.Port, parkAfter: 2, every: 1000);
        await Eventually.TrueAsync(() => gateway.GetStatus().Queue.Parked == 1 && Count(strict.Taken, Good) >= 1, () => $"{strict.Connections} connections, {gateway.GetStatus().Queue.Parked} parked.");
        var parked = Assert.Single(QueueInspector.ListParked(Path.Combine(_data, "queue"))!);
        Assert.Equal(("strict", "the broker ends the connection"), (parked.Reader, parked.Reason));
        Assert.Equal((1, 1, 1), (lenient.Connections, Count(lenient.Taken, Bad), Count(lenient.Taken, Good)));
    }

    private static int Count(IEnumerable<(string Topic, string Payload)> messages, string topic) => messages.Count(message => message.Topic == topic);

    private static UplinkOptions Uplink(string name, int port, int parkAfter) => new()
    {
        Name = name,
        Urls = [new Uri($"mqtt://127.0.0.1:{port}")],
        ClientId = $"plant1-{name}",
        ParkAfter = parkAfter,
        QoS = QualityOfService.AtLeastOnce,
    };

    private async Task<GatewayRuntime> StartAsync(int strict, int lenient, int parkAfter = 3, double every = 0.02)
    {
        var options = new GatewayOptions
        {
            Site = "plant1",
            DeviceMaps = [],
            Data = _data,
            Uplinks = [Uplink("strict", strict, parkAfter), Uplink("lenient", lenient, parkAfter)],
            Publish = new PublishOptions { Topic = "{site}/{device}/{point}" },
            Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
            Broker = new BrokerOptions { Listen = [] },
            Web = new WebOptions { Listen = [] },
        };
        var gateway = new GatewayRuntime(options, [new FakeDriver()], _local, TimeProvider.System, NullLoggerFactory.Instance);
        await gateway.StartAsync(
            [Points.Bus(Points.Device("bad", Points.Point(device: "bad", every: every)), Points.Device("good", Points.Point(device: "good", every: every)))],
            CancellationToken.None);
        return gateway;
    }
}
