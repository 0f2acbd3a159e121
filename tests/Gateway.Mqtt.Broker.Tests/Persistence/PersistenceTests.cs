using System.Text;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Persistence;

public sealed class PersistenceTests
{
    private readonly MemoryStore _store = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    [Trait("Spec", "MQTT-3.1.2-23")]
    [Trait("Spec", "MQTT-4.4.0-1")]
    public async Task Sessions_go_on_where_they_stopped()
    {
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("10 [ \"MQTT\" 05 00 0000 [ 11 00000e10 ] \"a\" ] 82 [ 0001 [ 0b 07 ] \"t\" 02 ] 34 [ \"mine\" 0063 [ ] 'x' ]");
            await client.ExpectAsync("@ok5 90 [ 0001 [ ] 02 ] 50 03 0063 10");
            using var publisher = await broker.ConnectAsync("@connect5:p 34 [ \"t\" 0001 [ ] '1' ] 34 [ \"t\" 0002 [ 26 \"k\" \"v\" ] '2' ]");
            await publisher.ExpectAsync("@ok5 50 02 0001 50 02 0002");
            await client.ExpectAsync("34 [ \"t\" 0001 [ 0b 07 ] '1' ] 34 [ \"t\" 0002 [ 26 \"k\" \"v\" 0b 07 ] '2' ]");
            await client.SendAsync("50 02 0001");
            await client.ExpectAsync("62 02 0001");
            client.Dispose();
            await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
            await publisher.SendAsync("32 [ \"t\" 0003 [ 02 00000064 ] '3' ]");
            await publisher.ExpectAsync("40 02 0003");
            await broker.StopAsync(CancellationToken.None);
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@resume5:a 3c [ \"mine\" 0063 [ ] 'x' ]");
            await client.ExpectAsync("@present5 62 02 0001 3c [ \"t\" 0002 [ 26 \"k\" \"v\" 0b 07 ] '2' ]"
                + "32 [ \"t\" 0003 [ 02 0000005a 0b 07 ] '3' ] 50 02 0063");
            await client.SendAsync("34 [ \"t\" 0007 [ ] '4' ]");
            await client.ExpectAsync("34 [ \"t\" 0004 [ 0b 07 ] '4' ] 50 02 0007");
        }
    }

    [Fact]
    public async Task Sessions_expire_while_the_broker_is_down()
    {
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@resume5:a");
            await client.ExpectAsync("@ok5");
        }

        Assert.Single(_store.Rows.Sessions);
        _time.Advance(TimeSpan.FromHours(2));
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@resume5:a");
            await client.ExpectAsync("@ok5");
        }
    }

    [Fact]
    [Trait("Spec311", "MQTT-3.1.2-7")]
    public async Task Retained_messages_are_committed_soon_and_loaded()
    {
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@connect5:a 31 [ \"a\" [ ] '1' ] 31 [ \"b\" [ ] '1' ] 31 [ \"a\" [ 26 \"k\" \"v\" ] '2' ] c0 00");
            await client.ExpectAsync("@ok5 d0 00");
            Assert.Empty(_store.Rows.Retained);
            await CommittedAsync(TimeSpan.FromSeconds(0.5), () => _store.Rows.Retained.Count == 2);
            Assert.Equal(1, _store.Commits);
            await client.SendAsync("31 [ \"b\" [ ] ] c0 00");
            await client.ExpectAsync("d0 00");
            await CommittedAsync(TimeSpan.FromSeconds(0.5), () => _store.Rows.Retained.Count == 1);
        }

        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@connect5:a 82 [ 0001 [ ] \"#\" 00 ]");
            await client.ExpectAsync("@ok5 90 [ 0001 [ ] 00 ] 31 [ \"a\" [ 26 \"k\" \"v\" ] '2' ]");
        }
    }

    [Fact]
    public async Task Client_that_says_goodbye_does_not_leave_its_retained_message_to_chance()
    {
        await using var broker = await StartAsync();
        using var client = await broker.ConnectAsync("@connect5:a 31 [ \"a\" [ ] '1' ] e0 00");
        await Eventually.TrueAsync(() => _store.Rows.Retained.Count == 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Retained_message_of_an_earlier_run_is_removed_for_good(int qos)
    {
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@connect5:a 31 [ \"a\" [ ] '1' ] e0 00");
            await Eventually.TrueAsync(() => _store.Rows.Retained.Count == 1);
        }

        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync($"@connect5:a 3{(qos << 1) | 1:x} [ \"a\" {(qos == 0 ? "" : "0001")} [ ] ] e0 00");
            await Eventually.TrueAsync(() => _store.Rows.Retained.Count == 0);
        }
    }

    [Fact]
    [Trait("Spec", "MQTT-3.8.3-3")]
    public async Task Retained_message_of_an_earlier_run_is_still_not_sent_to_who_published_it_and_asks_for_no_local()
    {
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@connect5:a 31 [ \"t\" [ ] '1' ] e0 00");
            await Eventually.TrueAsync(() => _store.Rows.Retained.Count == 1);
        }

        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@connect5:a 82 [ 0001 [ ] \"t\" 04 ] c0 00");
            await client.ExpectAsync("@ok5 90 [ 0001 [ ] 00 ] d0 00");
        }
    }

    [Fact]
    public async Task What_is_published_here_is_saved_the_first_time_then_seldom_and_at_stop()
    {
        await using var broker = await StartAsync();
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "1"u8.ToArray(), Retain = true });
        await CommittedAsync(TimeSpan.FromSeconds(1), () => _store.Commits == 1);
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "2"u8.ToArray(), Retain = true });
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(1, _store.Commits);
        await CommittedAsync(TimeSpan.FromMinutes(5), () => _store.Commits == 2);
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "3"u8.ToArray(), Retain = true });
        await broker.StopAsync(CancellationToken.None);
        Assert.EndsWith("3", Encoding.UTF8.GetString(Assert.Single(_store.Rows.Retained).Publish.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_are_saved_though_the_time_to_stop_is_over()
    {
        await using var broker = await StartAsync();
        using var client = await broker.ConnectAsync("@resume5:a 31 [ \"a\" [ ] '1' ] c0 00");
        await client.ExpectAsync("@ok5 d0 00");
        await broker.StopAsync(new CancellationToken(canceled: true));
        Assert.Single(_store.Rows.Sessions);
        Assert.Single(_store.Rows.Retained);
    }

    [Fact]
    public async Task Store_that_takes_nothing_does_not_keep_the_broker_from_stopping()
    {
        await using var broker = await StartAsync();
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "1"u8.ToArray(), Retain = true });
        _store.Failures = 1;
        await broker.StopAsync(CancellationToken.None);
        Assert.Equal(0, _store.Failures);
    }

    [Fact]
    public async Task While_the_store_fails_nobody_waits_and_then_it_gets_everything()
    {
        await using var broker = await StartAsync();
        using var subscriber = await broker.ConnectAsync("@resume5:s 82 [ 0001 [ ] \"t\" 01 ]");
        await subscriber.ExpectAsync("@ok5 90 [ 0001 [ ] 01 ]");
        _store.Failures = 2;
        using var client = await broker.ConnectAsync("@connect5:p 33 [ \"t\" 0001 [ ] '1' ]");
        await client.ExpectAsync("@ok5 40 02 0001");
        await subscriber.ExpectAsync("32 [ \"t\" 0001 [ ] '1' ]");
        await client.SendAsync("32 [ \"t\" 0002 [ ] '2' ]");
        await client.ExpectAsync("40 02 0002");
        Assert.True(broker.Counters.IsStoreFailing);
        Assert.Empty(_store.Rows.Deliveries);

        await CommittedAsync(TimeSpan.FromSeconds(5), () => _store.Rows.Deliveries.Count == 2);
        await Eventually.TrueAsync(() => !broker.Counters.IsStoreFailing);
        Assert.Equal(2, broker.Counters.CommitFailures);
        Assert.Equal((1, 1, 2, 1), (_store.Rows.Sessions.Count, _store.Rows.Subscriptions.Count, _store.Rows.Messages.Count, _store.Rows.Retained.Count));
        await subscriber.SendAsync("40 02 0001 40 02 0002");
        await CommittedAsync(TimeSpan.FromSeconds(0.5), () => _store.Rows.Deliveries.Count == 0);
        Assert.Empty(_store.Rows.Messages);
    }

    [Fact]
    public async Task Acknowledgement_leaves_when_the_commit_is_done_and_another_clients_at_once()
    {
        await using var broker = await StartAsync();
        using var subscriber = await broker.ConnectAsync("@resume5:s 82 [ 0001 [ ] \"t\" 01 ]");
        await subscriber.ExpectAsync("@ok5 90 [ 0001 [ ] 01 ]");
        _store.IsManual = true;
        using var client = await broker.ConnectAsync("@connect5:p 32 [ \"t\" 0001 [ ] '1' ]");
        await subscriber.ExpectAsync("32 [ \"t\" 0001 [ ] '1' ]");
        await Eventually.TrueAsync(() => _store.IsWaiting);

        using var other = await broker.ConnectAsync("@connect5:o 32 [ \"elsewhere\" 0001 [ ] '1' ]");
        await other.ExpectAsync("@ok5 40 03 0001 10");
        _store.IsManual = false;
        _store.Release();
        await client.ExpectAsync("@ok5 40 02 0001");
        Assert.Single(_store.Rows.Deliveries);
    }

    private async Task<MqttBroker> StartAsync()
        => await BrokerFixture.StartAsync(new MqttBrokerOptions { Store = _store }, _time);

    // The loop may still be on its way to its next wait: time goes on until it was there.
    private Task CommittedAsync(TimeSpan step, Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        _time.Advance(step);
        return condition();
    });
}
