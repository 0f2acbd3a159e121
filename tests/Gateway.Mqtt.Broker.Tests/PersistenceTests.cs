using System.Text;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests;

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

        Assert.Single(_store.Sessions);
        _time.Advance(TimeSpan.FromHours(2));
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@resume5:a");
            await client.ExpectAsync("@ok5");
        }
    }

    [Fact]
    [Trait("Spec311", "MQTT-3.1.2-7")]
    public async Task Retained_messages_are_saved_soon_and_loaded()
    {
        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@connect5:a 31 [ \"a\" [ ] '1' ] 31 [ \"b\" [ ] '1' ] 31 [ \"a\" [ 26 \"k\" \"v\" ] '2' ] c0 00");
            await client.ExpectAsync("@ok5 d0 00");
            Assert.Empty(_store.Retained);
            await SavedAsync(TimeSpan.FromSeconds(1), () => _store.Retained.Count == 2);
            Assert.Equal(1, _store.Saves);
            await client.SendAsync("31 [ \"b\" [ ] ] c0 00");
            await client.ExpectAsync("d0 00");
            await SavedAsync(TimeSpan.FromSeconds(1), () => _store.Retained.Count == 1);
        }

        await using (var broker = await StartAsync())
        {
            using var client = await broker.ConnectAsync("@connect5:a 82 [ 0001 [ ] \"#\" 00 ]");
            await client.ExpectAsync("@ok5 90 [ 0001 [ ] 00 ] 31 [ \"a\" [ 26 \"k\" \"v\" ] '2' ]");
        }
    }

    [Fact]
    public async Task What_is_published_here_is_saved_seldom_and_at_stop()
    {
        await using var broker = await StartAsync();
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "1"u8.ToArray(), Retain = true });
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(0, _store.Saves);
        await SavedAsync(TimeSpan.FromMinutes(5), () => _store.Saves == 1);
        await broker.PublishAsync(new ApplicationMessage { Topic = "a", Payload = "2"u8.ToArray(), Retain = true });
        await broker.StopAsync(CancellationToken.None);
        Assert.Equal("2", Encoding.UTF8.GetString(_store.Retained["a"].Message.Payload.Span));
    }

    [Fact]
    public async Task Sessions_are_saved_though_the_time_to_stop_is_over()
    {
        await using var broker = await StartAsync();
        using var client = await broker.ConnectAsync("@resume5:a 31 [ \"a\" [ ] '1' ] c0 00");
        await client.ExpectAsync("@ok5 d0 00");
        await broker.StopAsync(new CancellationToken(canceled: true));
        Assert.Single(_store.Sessions);
        Assert.Single(_store.Retained);
    }

    [Fact]
    public async Task Store_that_takes_no_sessions_does_not_keep_the_broker_from_stopping()
    {
        await using var broker = await StartAsync();
        _store.Failures = 1;
        await broker.StopAsync(CancellationToken.None);
        Assert.Equal(0, _store.Failures);
    }

    [Fact]
    public async Task Store_that_fails_is_tried_again()
    {
        await using var broker = await StartAsync();
        using var client = await broker.ConnectAsync("@connect4:a 31 [ \"a\" '1' ] c0 00");
        await client.ExpectAsync("@ok4 d0 00");
        _store.Failures = 1;
        await SavedAsync(TimeSpan.FromSeconds(1), () => _store.Failures == 0);
        Assert.Empty(_store.Retained);
        await SavedAsync(TimeSpan.FromSeconds(1), () => _store.Retained.Count == 1);
    }

    private async Task<MqttBroker> StartAsync()
        => await BrokerFixture.StartAsync(new MqttBrokerOptions { Store = _store }, _time);

    // The loop may still be on its way to its next wait: time goes on until it was there.
    private Task SavedAsync(TimeSpan step, Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        _time.Advance(step);
        return condition();
    });

    private sealed class MemoryStore : IBrokerStore
    {
        public Dictionary<string, RetainedMessage> Retained { get; } = [];

        public IReadOnlyList<StoredSession> Sessions { get; private set; } = [];

        public int Saves { get; private set; }

        public int Failures { get; set; }

        public ValueTask<BrokerSnapshot> LoadAsync(CancellationToken cancellationToken)
            => ValueTask.FromResult(new BrokerSnapshot { Retained = [.. Retained.Values], Sessions = Sessions });

        public ValueTask SaveRetainedAsync(IReadOnlyList<RetainedChange> changes, CancellationToken cancellationToken)
        {
            ThrowIfDue(cancellationToken);
            Saves++;
            foreach (var change in changes)
            {
                Retained.Remove(change.Topic);
                if (change.Message is { } message)
                {
                    Retained.Add(change.Topic, message);
                }
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask SaveSessionsAsync(IReadOnlyList<StoredSession> sessions, CancellationToken cancellationToken)
        {
            ThrowIfDue(cancellationToken);
            Sessions = sessions;
            return ValueTask.CompletedTask;
        }

        private void ThrowIfDue(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Failures > 0)
            {
                Failures--;
                throw new IOException();
            }
        }
    }
}
