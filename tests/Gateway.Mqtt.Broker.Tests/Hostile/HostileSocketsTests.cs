using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Hostile;

/// <summary>Clients that mean harm, on real sockets and all at once, while two others talk and notice nothing.</summary>
public sealed class HostileSocketsTests
{
    private static readonly TimeSpan WorstDelay = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Others_notice_nothing()
    {
        var limits = new BrokerLimits { ConnectTimeout = TimeSpan.FromSeconds(3), UnsentBytes = 64 * 1024, QueuedMessages = 100 };
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Limits = limits });
        using var subscriber = await broker.ConnectAsync("@connect4:subscriber 82 [ 0001 \"talk\" 01 ]");
        await subscriber.ExpectAsync("@ok4 90 03 0001 01");
        using var publisher = await broker.ConnectAsync("@connect4:publisher");
        await publisher.ExpectAsync("@ok4");
        using var stop = new CancellationTokenSource();
        var talk = TalkAsync(publisher, subscriber, stop.Token);

        await Task.WhenAll(
            Many(50, broker, SlowLorisAsync),
            Many(20, broker, VanishAsync),
            Many(50, broker, GarbageAsync),
            Many(20, broker, AnnounceTooMuchAsync),
            Many(5, broker, ByteByByteAsync),
            Many(3, broker, FloodWithoutReadingAsync),
            Many(50, broker, ComeAndGoAsync)).WaitAsync(TimeSpan.FromMinutes(2));
        await stop.CancelAsync();
        var (count, worst) = await talk;
        Assert.True(count > 10, $"only {count} messages were exchanged meanwhile");
        Assert.True(worst < WorstDelay, $"a message took {worst}");
        await Eventually.TrueAsync(() => broker.Counters.Connections == 2, () => $"{broker.Counters.Connections} connections are left");
    }

    // One message at QoS 1 after another, each awaited at its subscriber.
    private static async Task<(int Count, TimeSpan Worst)> TalkAsync(SocketClient publisher, SocketClient subscriber, CancellationToken stop)
    {
        var worst = TimeSpan.Zero;
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            var identifier = (ushort)(++count % 60_000 + 1);
            var began = TimeProvider.System.GetTimestamp();
            await publisher.SendAsync($"32 [ \"talk\" {identifier:x4} '{count:d8}' ]");
            var message = await subscriber.ReceiveAsync(18);
            await publisher.ExpectAsync($"40 02 {identifier:x4}");
            Assert.Equal($"{count:d8}", System.Text.Encoding.ASCII.GetString(message[^8..]));
            await subscriber.SendAsync([0x40, 0x02, message[8], message[9]]);
            var took = TimeProvider.System.GetElapsedTime(began);
            worst = took > worst ? took : worst;
        }

        return (count, worst);
    }

    private static Task Many(int count, MqttBroker broker, Func<MqttBroker, int, Task> attack)
        => Task.WhenAll(Enumerable.Range(0, count).Select(i => attack(broker, i)));

    // The first bytes of a CONNECT, and then none: time to CONNECT runs out.
    private static async Task SlowLorisAsync(MqttBroker broker, int number)
    {
        using var client = await broker.ConnectAsync();
        await client.SendAsync([0x10, 0x20, 0x00]);
        await client.ExpectCloseAsync();
    }

    // Half of a PUBLISH, and a power cut.
    private static async Task VanishAsync(MqttBroker broker, int number)
    {
        using var client = await broker.ConnectAsync($"@connect5:vanish{number} 32 7f 0001");
        await client.ExpectAsync("@ok5");
        client.Abort();
    }

    private static async Task GarbageAsync(MqttBroker broker, int number)
    {
        using var client = await broker.ConnectAsync();
        var bytes = new byte[1000];
        new Random(number).NextBytes(bytes);
        bytes[0] = 0x00;
        await client.SendAsync(bytes);
        await client.ExpectCloseAsync();
    }

    private static async Task AnnounceTooMuchAsync(MqttBroker broker, int number)
    {
        using var client = await broker.ConnectAsync($"@connect4:announce{number} 30 ffffff7f");
        await client.ExpectAsync("@ok4");
        await client.ExpectCloseAsync();
    }

    private static async Task ByteByByteAsync(MqttBroker broker, int number)
    {
        using var client = await broker.ConnectAsync();
        foreach (var value in WireText.Parse($"@connect4:bytes{number} 82 [ 0001 \"b{number}\" 00 ] 30 [ \"b{number}\" 'x' ] e0 00"))
        {
            await client.SendAsync([value]);
        }

        await client.ExpectAsync($"@ok4 90 03 0001 00 30 [ \"b{number}\" 'x' ]");
        await client.ExpectCloseAsync();
    }

    // Subscribes to what it publishes, and takes nothing of it.
    private static async Task FloodWithoutReadingAsync(MqttBroker broker, int number)
    {
        using var client = await broker.ConnectAsync($"@connect4:flood{number} 82 [ 0001 \"flood/#\" 00 ]");
        var message = WireText.Parse($"30 [ \"flood/{number}\" 78 *10000 ]");
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            for (var i = 0; i < 2000; i++)
            {
                await client.SendAsync(message).WaitAsync(enough.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The broker does not read from who does not read from it.
        }

        client.Abort();
    }

    private static async Task ComeAndGoAsync(MqttBroker broker, int number)
    {
        for (var i = 0; i < 10; i++)
        {
            using var client = await broker.ConnectAsync($"@connect5:come{number % 10} 82 [ 0001 [ ] \"#\" 00 ]");
            client.Abort();
        }
    }
}
