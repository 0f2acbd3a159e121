using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>What becomes of messages that the upstream broker refuses.</summary>
public sealed class RefusalTests : IAsyncLifetime
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

    [Theory]
    [InlineData(ReasonCode.TopicNameInvalid, nameof(RefusalKind.Never))]
    [InlineData(ReasonCode.PayloadFormatInvalid, nameof(RefusalKind.Never))]
    [InlineData(ReasonCode.PacketTooLarge, nameof(RefusalKind.Never))]
    [InlineData(ReasonCode.NotAuthorized, nameof(RefusalKind.Perhaps))]
    [InlineData(ReasonCode.UnspecifiedError, nameof(RefusalKind.Perhaps))]
    [InlineData(ReasonCode.ImplementationSpecificError, nameof(RefusalKind.Perhaps))]
    [InlineData(ReasonCode.QuotaExceeded, nameof(RefusalKind.Later))]
    [InlineData(ReasonCode.PacketIdentifierInUse, nameof(RefusalKind.Later))]
    public void Codes_are_judged(ReasonCode code, string expected) => Assert.Equal(expected, Refusals.Judge(code).ToString());

    [Fact]
    public void Pauses_grow_up_to_thirty_seconds()
    {
        var pause = new RefusalPause();
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 7).Select(_ => pause.Next().TotalSeconds));
        pause.Reset();
        Assert.Equal(1, pause.Next().TotalSeconds);
    }

    [Theory]
    [InlineData(0x90, 1)] // topic name invalid
    [InlineData(0x87, 3)] // not authorized
    public async Task One_device_is_refused_and_the_other_is_not_held_up(byte code, int refusals)
    {
        await using var upstream = new ScriptedBroker(topic => topic == Bad ? code : (byte)0);
        await using var gateway = await StartAsync(upstream.Port);
        await Eventually.TrueAsync(() => gateway.GetStatus().Queue.Parked >= 3 && upstream.Taken.Count(message => message.Topic == Good) > 100);
        Assert.InRange(gateway.GetStatus().Uplinks[0].Refused, 3, long.MaxValue);
        var first = upstream.Received.First(message => message.Topic == Bad).Payload;
        Assert.Equal(refusals, upstream.Received.Count(message => message.Payload == first));
        var good = upstream.Taken.Where(message => message.Topic == Good).Select(SequenceOf).ToList();
        Assert.Equal(good.Distinct().Order(), good);

        // Once it takes them, they come with their keys.
        upstream.Answer = _ => 0;
        await Eventually.TrueAsync(() => upstream.Taken.Any(message => message.Topic == Bad));
        gateway.RetryParked();
        await Eventually.TrueAsync(() => gateway.GetStatus().Queue.Parked == 0 && upstream.Taken.Any(message => message.Payload == first));
    }

    [Fact]
    public async Task A_broker_that_takes_nothing_at_all_costs_nothing()
    {
        await using var upstream = new ScriptedBroker(_ => 0x87);
        await using var gateway = await StartAsync(upstream.Port, parkAfter: 1);

        // Not the states of devices, which are not queued.
        await Eventually.TrueAsync(() => upstream.Received.FirstOrDefault(message => message.Topic is Good or Bad) is { Payload: { } first } && upstream.Received.Count(again => again.Payload == first) >= 3);
        Assert.Equal(0, gateway.GetStatus().Queue.Parked);
        Assert.Contains("NotAuthorized", gateway.GetStatus().Uplinks[0].Hindrance, StringComparison.Ordinal);
        upstream.Answer = _ => 0;
        await ArrivesInFullAsync(upstream, gateway);
        Assert.Null(gateway.GetStatus().Uplinks[0].Hindrance);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Nor_does_one_that_begins_to_take_nothing_while_it_is_connected(int parkAfter)
    {
        await using var upstream = new ScriptedBroker(_ => 0);
        await using var gateway = await StartAsync(upstream.Port, parkAfter: parkAfter);
        await Eventually.TrueAsync(() => upstream.Taken.Any(message => message.Topic == Good) && upstream.Taken.Any(message => message.Topic == Bad));

        upstream.Answer = _ => 0x87;
        var before = upstream.Received.Count;
        await Eventually.TrueAsync(() => upstream.Received.Skip(before).Where(message => message.Topic is Good or Bad).CountBy(message => message.Payload).Any(message => message.Value > parkAfter));
        Assert.Equal(0, gateway.GetStatus().Queue.Parked);
        upstream.Answer = _ => 0;
        await ArrivesInFullAsync(upstream, gateway);
        Assert.Equal(0, gateway.GetStatus().Queue.Parked);
    }

    [Fact]
    public async Task A_quota_costs_pauses_and_no_message()
    {
        var isExceeded = true;
        await using var upstream = new ScriptedBroker(_ => Volatile.Read(ref isExceeded) ? (byte)0x97 : (byte)0);
        await using var gateway = await StartAsync(upstream.Port);
        var first = "";
        await Eventually.TrueAsync(() => upstream.Received.TryPeek(out var message) && (first = message.Payload).Length > 0 && upstream.Received.Count(again => again.Payload == first) >= 3);
        Assert.Contains("QuotaExceeded", gateway.GetStatus().Uplinks[0].Hindrance, StringComparison.Ordinal);

        // After 1 s and 2 s: no loop, whatever waits.
        Assert.InRange(upstream.Received.Count, 1, 500);

        // Those on site are told, too, and of its end.
        await Eventually.TrueAsync(() => UplinkTopic().Contains("\"hindrance\":\"QuotaExceeded", StringComparison.Ordinal), UplinkTopic);
        Assert.Contains("\"status\":\"connected\"", UplinkTopic(), StringComparison.Ordinal);
        Volatile.Write(ref isExceeded, false);
        await ArrivesInFullAsync(upstream, gateway);
        Assert.Equal(0, gateway.GetStatus().Queue.Parked);
        await Eventually.TrueAsync(() => !UplinkTopic().Contains("hindrance", StringComparison.Ordinal), UplinkTopic);
    }

    [Fact]
    public async Task Nor_does_a_quota_told_by_ending_connections()
    {
        await using var upstream = new ScriptedBroker(topic => topic is Good or Bad ? (byte)0x97 : (byte)0) { Disconnects = true };
        await using var gateway = await StartAsync(upstream.Port, parkAfter: 1);

        // Two make it suspicious, and with the third a message would be given up.
        await Eventually.TrueAsync(() => upstream.Connections >= 5);
        Assert.Equal(0, gateway.GetStatus().Queue.Parked);
        upstream.Answer = _ => 0;
        await ArrivesInFullAsync(upstream, gateway);
        Assert.Equal(0, gateway.GetStatus().Queue.Parked);
    }

    [Fact]
    public async Task Records_that_the_disk_has_damaged_are_parked_and_hold_up_nothing()
    {
        var before = new QueueOptions { Folder = Path.Combine(_data, "queue"), MaxLoss = TimeSpan.Zero, Readers = [new QueueReaderOptions(UplinkOptions.DefaultName, DrainOrder.Strict)] };
        await using (var queue = await OfflineQueue.OpenAsync(before, new Nobody(), TimeProvider.System, NullLogger<OfflineQueue>.Instance))
        {
            var now = TimeProvider.System.GetUtcNow();
            byte[] head = [1, 0, 1, (byte)'p', 0xFF, 0xFF, 0xFF, 0xFF, 0];
            queue.Append(now, "bad", "p", (byte[])[9, 9]);
            queue.Append(now, "bad", "p", (byte[])[.. head, (byte)PointValueKind.Decimal, .. Enumerable.Repeat((byte)0xFF, 16)]);
            queue.Append(now, "bad", "p#", (byte[])[.. head, (byte)PointValueKind.None]);
        }

        await using var upstream = new ScriptedBroker(_ => 0);
        var gateway = await StartAsync(upstream.Port);
        await Eventually.TrueAsync(() => gateway.GetStatus().Queue.Parked == 3 && upstream.Taken.Any(message => message.Topic == Good));
        await gateway.DisposeAsync();
        Assert.All(QueueInspector.ListParked(before.Folder)!, parked => Assert.Equal("unreadable", parked.Reason));
    }

    [Fact]
    public async Task A_message_larger_than_the_broker_takes_is_parked_and_not_lost()
    {
        await using var upstream = new ScriptedBroker(_ => 0) { MaximumPacketSize = 128 };
        await using var gateway = await StartAsync(upstream.Port);
        await Eventually.TrueAsync(() => gateway.GetStatus().Queue.Parked >= 3);
        Assert.All(QueueInspector.ListParked(Path.Combine(_data, "queue"))!, parked => Assert.Equal("PacketTooLarge", parked.Reason));
    }

    [Theory]
    [InlineData(2, 1, "the broker takes messages at QoS 1 at most, and 'qos: 2' is asked for: what is sent again may arrive twice")]
    [InlineData(1, 0, "the broker takes messages at QoS 0 at most, and 'qos: 1' is asked for: what is under way when the connection breaks is lost")]
    public async Task A_broker_that_takes_less_than_the_qos_asked_for_is_told_of(int qos, byte greatest, string expected)
    {
        await using var upstream = new ScriptedBroker(_ => 0) { MaximumQoS = greatest };
        await using var gateway = await StartAsync(upstream.Port, qos: (QualityOfService)qos);
        await Eventually.TrueAsync(() => gateway.GetStatus().Uplinks[0] is { Published: > 20 } uplink && uplink.Limit == expected, () => $"{gateway.GetStatus().Uplinks[0]}");
        await Eventually.TrueAsync(() => UplinkTopic().Contains("at most", StringComparison.Ordinal), UplinkTopic);
        Assert.Equal(greatest > 0, upstream.Taken.Any(message => message.Topic == Good));
    }

    private sealed class Nobody : IQueueObserver
    {
        public void Accepted(QueueRecord record)
        {
        }
    }

    private string UplinkTopic() => Encoding.UTF8.GetString(Assert.Single(_local.FindRetained("plant1/$gateway/uplink")).Payload.Span);

    private static int SequenceOf((string Topic, string Payload) message) =>
        int.Parse(JsonDocument.Parse(message.Payload).RootElement.GetProperty("id").GetString()!.Split('-')[^1], CultureInfo.InvariantCulture);

    // What was acquired until now, and it was more than went out at first.
    private static async Task ArrivesInFullAsync(ScriptedBroker upstream, GatewayRuntime gateway)
    {
        await Eventually.TrueAsync(() => upstream.Taken.Count > 100 && gateway.GetStatus().Queue.Depth < 20);
        var taken = upstream.Taken.Where(message => message.Topic is Good or Bad);
        var last = taken.Max(SequenceOf);
        await Eventually.TrueAsync(() => taken.Select(SequenceOf).ToHashSet().IsSupersetOf(Enumerable.Range(1, last)));
    }

    private async Task<GatewayRuntime> StartAsync(int port, int parkAfter = 3, QualityOfService qos = QualityOfService.AtLeastOnce)
    {
        var options = new GatewayOptions
        {
            Site = "plant1",
            DeviceMaps = [],
            Data = _data,
            Uplinks = [new UplinkOptions { Urls = [new Uri($"mqtt://127.0.0.1:{port}")], ClientId = "plant1-gateway", ParkAfter = parkAfter, QoS = qos }],
            Publish = new PublishOptions { Topic = "{site}/{device}/{point}" },
            Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
            Broker = new BrokerOptions { Listen = [] },
            Web = new WebOptions { Listen = [] },
        };
        var gateway = new GatewayRuntime(options, [new FakeDriver()], _local, TimeProvider.System, NullLoggerFactory.Instance);
        await gateway.StartAsync(
            [Points.Bus(Points.Device("bad", Points.Point(device: "bad", every: 0.02)), Points.Device("good", Points.Point(device: "good", every: 0.02)))],
            CancellationToken.None);
        return gateway;
    }
}
