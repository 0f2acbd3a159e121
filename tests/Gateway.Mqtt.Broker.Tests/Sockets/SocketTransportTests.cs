using System.Globalization;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Sockets;

/// <summary>The socket loop against clients that cut, stall, reset and crowd.</summary>
public sealed class SocketTransportTests
{
    [Fact]
    public async Task Packets_of_all_sizes_pass_whatever_pieces_they_come_in()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var subscriber = await broker.ConnectAsync("@connect4:s 82 [ 0001 \"t\" 00 ]");
        await subscriber.ExpectAsync("@ok4 90 03 0001 00");
        using var publisher = await broker.ConnectAsync("@connect4:p");
        await publisher.ExpectAsync("@ok4");

        // Around what is copied, what one read takes, and far above both.
        int[] sizes = [1, 100, 16_000, 16_400, 65_000, 65_600, 80_000, 300_000, 2, 3_000_000, 3];
        var stream = sizes.SelectMany(size => WireText.Parse($"30 [ \"t\" '{new string('x', size)}' ]")).ToArray();
        var receiving = subscriber.ReceiveAsync(stream.Length);
        var random = new Random(7);
        for (var at = 0; at < stream.Length;)
        {
            var length = Math.Min(stream.Length - at, random.Next(10) == 0 ? random.Next(1, 10) : random.Next(1, 200_000));
            await publisher.SendAsync(stream[at..(at + length)]);
            at += length;
        }

        Assert.Equal(stream, await receiving);
    }

    [Fact]
    public async Task What_is_announced_and_not_sent_costs_nothing()
    {
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Limits = new BrokerLimits { PacketSize = 100_000_000 } });
        using var witness = await broker.ConnectAsync("@connect4:w");
        await witness.ExpectAsync("@ok4");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = new List<SocketClient>();
        for (var i = 0; i < 50; i++)
        {
            // 32 00 … of 90 MB
            clients.Add(await broker.ConnectAsync($"@connect4:c{i} 30 80 A8 F5 2A"));
            await clients[i].ExpectAsync("@ok4");
        }

        await witness.SendAsync("c0 00");
        await witness.ExpectAsync("d0 00");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 50_000_000);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Reset_within_a_packet_ends_its_connection_only()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var watcher = await broker.ConnectAsync("@connect4:w 82 [ 0001 \"w/#\" 00 ]");
        await watcher.ExpectAsync("@ok4 90 03 0001 00");
        for (var i = 0; i < 20; i++)
        {
            using var client = await broker.ConnectAsync($"10 [ \"MQTT\" 04 06 003c \"c{i}\" \"w/{i:d2}\" \"gone\" ] 30 7f 00 01");
            await client.ExpectAsync("@ok4");
            client.Abort();
            await watcher.ExpectAsync($"30 [ \"w/{i:d2}\" 'gone' ]");
        }

        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
    }

    [Fact]
    public async Task Who_sends_no_more_gets_its_answers()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var client = await broker.ConnectAsync("@connect4:c 32 [ \"t\" 0001 'x' ] 32 [ \"t\" 0002 'x' ]");
        client.EndSending();
        await client.ExpectAsync("@ok4 40 02 0001 40 02 0002");
        await client.ExpectCloseAsync();
    }

    [Fact]
    public async Task Last_words_reach_who_is_still_sending()
    {
        await using var broker = await BrokerFixture.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            // The rest is on its way when the broker closes; a reset would overtake the DISCONNECT.
            using var client = await broker.ConnectAsync($"@connect5:c{i}");
            await client.ExpectAsync("@ok5");
            await client.SendAsync([0x00, 0x00, .. new byte[200_000]]);
            await client.ExpectAsync("e0 01 81");
            client.EndSending();
            await client.ExpectCloseAsync();
        }

        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
    }

    [Fact]
    public async Task Who_reads_late_gets_everything_in_order()
    {
        const int Messages = 400;
        var payload = new string('x', 20_000);
        await using var broker = await BrokerFixture.StartAsync();
        using var subscriber = await broker.ConnectAsync("@connect4:s 82 [ 0001 \"t\" 01 ]");
        await subscriber.ExpectAsync("@ok4 90 03 0001 01");
        using var publisher = await broker.ConnectAsync("@connect4:p");
        await publisher.ExpectAsync("@ok4");
        for (var i = 1; i <= Messages; i++)
        {
            await publisher.SendAsync($"32 [ \"t\" {i:x4} '{payload}' ]");
            await publisher.ExpectAsync($"40 02 {i:x4}");
        }

        // 8 MB: more than the system's buffers and what the broker keeps for a socket.
        for (var i = 1; i <= Messages; i++)
        {
            await subscriber.ExpectAsync($"32 [ \"t\" {i:x4} '{payload}' ]");
        }

        Assert.Equal(0, broker.Counters.DroppedQueueFull);
    }

    [Fact]
    public async Task Bytes_behind_CONNECT_wait_for_the_authenticator()
    {
        var authenticator = new LateAuthenticator();
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = authenticator });
        using var client = await broker.ConnectAsync("@connect4:c 82 [ 0001 \"t\" 00 ]");
        await client.SendAsync("30 [ \"t\" 'one' ] 30 [ \"t\"");
        using var leaver = await broker.ConnectAsync("@connect4:leaver");
        await authenticator.Asked.WaitAsync();
        await authenticator.Asked.WaitAsync();
        leaver.Abort();
        authenticator.Answer.SetResult();
        await client.ExpectAsync("@ok4 90 03 0001 00 30 [ \"t\" 'one' ]");
        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
    }

    [Fact]
    public async Task Thousand_connections_are_served_and_forgotten()
    {
        const int Count = 1000;
        await using var broker = await BrokerFixture.StartAsync();
        var clients = new List<SocketClient>();
        for (var i = 0; i < Count; i++)
        {
            clients.Add(await broker.ConnectAsync($"@connect4:c{i} 82 [ 0001 \"t\" 00 ]"));
        }

        foreach (var client in clients)
        {
            await client.ExpectAsync("@ok4 90 03 0001 00");
        }

        Assert.Equal(Count, await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = "x"u8.ToArray() }));
        foreach (var client in clients)
        {
            await client.ExpectAsync("30 [ \"t\" 'x' ]");
            client.Dispose();
        }

        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
        Assert.Equal(0, broker.Counters.Sessions);
    }

    [Fact]
    public async Task Connections_that_break_while_others_publish_to_them_disturb_nobody()
    {
        await using var broker = await BrokerFixture.StartAsync();
        using var witness = await broker.ConnectAsync("@connect4:witness 82 [ 0001 \"t\" 01 ]");
        await witness.ExpectAsync("@ok4 90 03 0001 01");
        using var stop = new CancellationTokenSource();
        var message = new ApplicationMessage { Topic = "noise", Payload = new byte[10_000] };
        var noise = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await broker.PublishAsync(message);
            }
        })).ToArray();
        var clients = Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var victim = await broker.ConnectAsync($"@connect4:v{client} 82 [ 0001 \"noise\" 00 ]");
                await victim.ExpectAsync("@ok4 90 03 0001 00");
                await victim.ReceiveAsync(i * 1000);
                if (i % 2 == 0)
                {
                    victim.Abort();
                }
            }
        })).ToArray();
        await Task.WhenAll(clients);
        await stop.CancelAsync();
        await Task.WhenAll(noise);
        for (var i = 1; i <= 100; i++)
        {
            await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = "x"u8.ToArray(), QoS = QualityOfService.AtLeastOnce });
            await witness.ExpectAsync(string.Create(CultureInfo.InvariantCulture, $"32 [ \"t\" {i:x4} 'x' ]"));
        }

        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
    }

    [Fact]
    public async Task Stopping_waits_for_nobody_beyond_its_deadline()
    {
        var broker = await BrokerFixture.StartAsync();
        using var stuck = await broker.ConnectAsync("@connect4:stuck 82 [ 0001 \"t\" 00 ]");
        await stuck.ExpectAsync("@ok4 90 03 0001 00");
        for (var i = 0; i < 200; i++)
        {
            await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = new byte[100_000] });
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await broker.StopAsync(deadline.Token);
        Assert.Equal(0, broker.Counters.Connections);
        await broker.DisposeAsync();
    }

    private sealed class LateAuthenticator : IAuthenticator
    {
        public SemaphoreSlim Asked { get; } = new(0);

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
        {
            Asked.Release();
            await Answer.Task.WaitAsync(cancellationToken);
            return AuthenticationResult.Anonymous;
        }
    }
}
