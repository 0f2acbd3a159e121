using System.Text;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Broker;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.Broker;

public sealed class BrokerStoreTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    private string FilePath => Path.Combine(_folder, "broker.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Retained_messages_come_back_with_all_that_belongs_to_them()
    {
        var message = Message("plant1/meter/flow", "21.5") with
        {
            QoS = QualityOfService.ExactlyOnce,
            Retain = true,
            PayloadFormatIndicator = PayloadFormat.Utf8,
            MessageExpiryInterval = 77,
            ContentType = "application/json",
            ResponseTopic = "answers",
            CorrelationData = new byte[] { 0, 1, 255 },
            UserProperties = [new UserProperty("id", "plant1-1-1"), new UserProperty("id", "zweimal: °C")],
        };
        await SaveAsync([Change(new RetainedMessage(message, Time)), Change(new RetainedMessage(Message("plain", "x")))]);

        var loaded = (await LoadAsync()).Retained.OrderByDescending(retained => retained.Message.Topic).ToArray();

        Assert.Equal(["plant1/meter/flow", "plain"], loaded.Select(retained => retained.Message.Topic));
        Assert.Equal([Time, null], loaded.Select(retained => retained.ExpiresAt));
        AssertSame(message, loaded[0].Message);
        AssertSame(Message("plain", "x"), loaded[1].Message);
    }

    [Fact]
    public async Task Changes_replace_and_remove()
    {
        await SaveAsync([Change(new RetainedMessage(Message("a", "1"))), Change(new RetainedMessage(Message("b", "1"))), Change(new RetainedMessage(Message("c", "1")))]);
        await SaveAsync([Change(new RetainedMessage(Message("a", "2"))), new RetainedChange("b", null), new RetainedChange("never there", null)]);

        var loaded = (await LoadAsync()).Retained;

        Assert.Equal([("a", "2"), ("c", "1")], loaded.Select(retained => (retained.Message.Topic, Text(retained.Message))).Order());
    }

    [Fact]
    public async Task Sessions_come_back_with_subscriptions_will_and_deliveries_in_order()
    {
        var session = new StoredSession
        {
            ClientId = "panel",
            UserName = "anna",
            ExpiryInterval = 0xFFFFFFFF,
            DisconnectedAt = Time,
            Will = new WillMessage { Message = Message("panel/status", "offline") with { QoS = QualityOfService.AtLeastOnce, Retain = true }, WillDelayInterval = 30 },
            Subscriptions =
            [
                (new Subscription { TopicFilter = "plant1/#", MaximumQoS = QualityOfService.ExactlyOnce, NoLocal = true, RetainAsPublished = true }, 5),
                (new Subscription { TopicFilter = "$share/group/a/+" }, null),
            ],
            Deliveries =
            [
                new StoredDelivery { QoS = QualityOfService.ExactlyOnce, PacketIdentifier = 40 },
                new StoredDelivery { Message = new RetainedMessage(Message("a/b", "1") with { QoS = QualityOfService.ExactlyOnce }, Time), QoS = QualityOfService.AtLeastOnce, PacketIdentifier = 2, SubscriptionIdentifiers = [5, 268_435_455] },
                new StoredDelivery { Message = new RetainedMessage(Message("a/b", "2")), QoS = QualityOfService.AtMostOnce, Retain = true },
            ],
            IncomingIdentifiers = [7, 65_535],
        };
        using (var store = Open())
        {
            await store.SaveSessionsAsync([session with { ClientId = "gone" }], default);
            await store.SaveSessionsAsync([session, new StoredSession { ClientId = "bare", ExpiryInterval = 60, DisconnectedAt = Time }], default);
        }

        var loaded = (await LoadAsync()).Sessions.OrderByDescending(found => found.ClientId).ToArray();

        Assert.Equal(["panel", "bare"], loaded.Select(found => found.ClientId));
        var panel = loaded[0];
        Assert.Equal(("anna", 0xFFFFFFFF, Time), (panel.UserName, panel.ExpiryInterval, panel.DisconnectedAt));
        Assert.Equal(30u, panel.Will!.WillDelayInterval);
        AssertSame(session.Will.Message, panel.Will.Message);
        Assert.Equal(session.Subscriptions, panel.Subscriptions);
        Assert.Equal(session.IncomingIdentifiers, panel.IncomingIdentifiers);
        Assert.Equal(
            session.Deliveries.Select(delivery => (delivery.QoS, delivery.Retain, delivery.PacketIdentifier, delivery.Message?.ExpiresAt)),
            panel.Deliveries.Select(delivery => (delivery.QoS, delivery.Retain, delivery.PacketIdentifier, delivery.Message?.ExpiresAt)));
        Assert.Null(panel.Deliveries[0].Message);
        AssertSame(session.Deliveries[1].Message!.Message, panel.Deliveries[1].Message!.Message);
        Assert.Equal([5u, 268_435_455u], panel.Deliveries[1].SubscriptionIdentifiers);
        Assert.Equal((null, null, 0, 0), (loaded[1].UserName, loaded[1].Will, loaded[1].Subscriptions.Count, loaded[1].Deliveries.Count));
    }

    [Fact]
    public async Task A_damaged_file_is_as_good_as_an_empty_one()
    {
        await File.WriteAllTextAsync(FilePath, new string('x', 5000));
        using var store = Open();

        var loaded = await store.LoadAsync(default);
        await store.SaveRetainedAsync([Change(new RetainedMessage(Message("a", "1")))], default);

        Assert.Empty(loaded.Retained);
        Assert.True(File.Exists(Path.Combine(_folder, "broker-20261122T010203Z.corrupt.db")));
        Assert.Single((await store.LoadAsync(default)).Retained);
    }

    [Fact]
    public async Task Saving_where_there_is_no_disk_says_so_and_can_be_tried_again()
    {
        Directory.CreateDirectory(FilePath);
        using var store = Open();
        var exception = await Assert.ThrowsAsync<StorageException>(() => store.SaveRetainedAsync([Change(new RetainedMessage(Message("a", "1")))], default).AsTask());
        Assert.Contains(FilePath, exception.Message);

        Directory.Delete(FilePath);
        await store.SaveRetainedAsync([Change(new RetainedMessage(Message("a", "1")))], default);
        Assert.Single((await store.LoadAsync(default)).Retained);
    }

    private static ApplicationMessage Message(string topic, string payload) => new() { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload) };

    private static RetainedChange Change(RetainedMessage message) => new(message.Message.Topic, message);

    private static string Text(ApplicationMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    private static void AssertSame(ApplicationMessage expected, ApplicationMessage actual)
    {
        Assert.Equal(expected.Payload.ToArray(), actual.Payload.ToArray());
        Assert.Equal(expected.CorrelationData?.ToArray(), actual.CorrelationData?.ToArray());
        Assert.Equal(expected.UserProperties, actual.UserProperties);
        Assert.Equal(
            expected with { Payload = default, CorrelationData = null, UserProperties = [] },
            actual with { Payload = default, CorrelationData = null, UserProperties = [] });
    }

    private BrokerStore Open() => new(FilePath, _time, NullLogger<BrokerStore>.Instance);

    private async Task SaveAsync(IReadOnlyList<RetainedChange> changes)
    {
        using var store = Open();
        await store.SaveRetainedAsync(changes, default);
    }

    private async Task<BrokerSnapshot> LoadAsync()
    {
        using var store = Open();
        return await store.LoadAsync(default);
    }
}
