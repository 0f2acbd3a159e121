using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>Publishes that follow acknowledgements, as a server sees them.</summary>
public sealed class PipeliningTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // PUBLISH at QoS 1 of the topic t without payload: fixed header (2), topic (2 + 1), Packet Identifier (2).
    private const int EmptyLength = 7;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Task InitializeAsync()
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        _listener.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_follows_a_batch_of_acknowledgements_is_sent_in_one_piece()
    {
        const int Window = 50;
        await using var client = Client(Window);
        using var server = await ConnectAsync(client);
        var follower = new Follower((publish, token) =>
        {
            if (token < Window)
            {
                publish(Message(0), token + Window);
            }
        }, client);
        for (var i = 0; i < Window; i++)
        {
            follower.Publish(Message(0), i);
        }

        await server.GetStream().ReadExactlyAsync(new byte[Window * EmptyLength]).AsTask().WaitAsync(Deadline);
        await server.GetStream().WriteAsync(Acknowledgements(1, Window));
        var received = await server.GetStream().ReadAsync(new byte[2 * Window * EmptyLength]).AsTask().WaitAsync(Deadline);
        Assert.Equal(Window * EmptyLength, received);
        await server.GetStream().WriteAsync(Acknowledgements(1, Window));
        await Eventually.TrueAsync(() => follower.Count == 2 * Window);
    }

    [Fact]
    public async Task A_server_that_does_not_read_is_read_from()
    {
        const int Large = 16 * 1024 * 1024;
        await using var client = Client(window: 3);
        using var server = await ConnectAsync(client);
        var follower = new Follower((publish, token) =>
        {
            if (token == 0)
            {
                publish(Message(Large), 3);
            }
        }, client);
        for (var i = 0; i < 3; i++)
        {
            follower.Publish(Message(0), i);
        }

        // The large message is on its way, and stays there until it is read.
        await server.GetStream().ReadExactlyAsync(new byte[3 * EmptyLength]).AsTask().WaitAsync(Deadline);
        await server.GetStream().WriteAsync(Acknowledgements(1, 1));
        await server.GetStream().ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Deadline);
        await server.GetStream().WriteAsync(Acknowledgements(2, 3));
        await Eventually.TrueAsync(() => follower.Count == 3);

        // Three more bytes of Remaining Length than an empty message has, and one is read already.
        await server.GetStream().ReadExactlyAsync(new byte[EmptyLength + 3 + Large - 1]).AsTask().WaitAsync(Deadline);
        await server.GetStream().WriteAsync(Acknowledgements(1, 1));
        await Eventually.TrueAsync(() => follower.Count == 4);
    }

    private static ApplicationMessage Message(int length) =>
        new() { Topic = "t", Payload = new byte[length], QoS = QualityOfService.AtLeastOnce };

    private static byte[] Acknowledgements(int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).SelectMany(id => new byte[] { 0x40, 0x02, (byte)(id >> 8), (byte)id })];

    private MqttClient Client(int window) => new(new MqttClientOptions
    {
        Servers = [new Uri($"mqtt://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}")],
        ProtocolVersion = ProtocolVersion.V311,
        MaximumInFlight = window,
    });

    private async Task<TcpClient> ConnectAsync(MqttClient client)
    {
        var connecting = client.ConnectAsync();
        var server = await _listener.AcceptTcpClientAsync().WaitAsync(Deadline);

        // CONNECT without an identifier: fixed header (2), name (2 + 4), level, flags, Keep Alive (2), identifier (2).
        await server.GetStream().ReadExactlyAsync(new byte[14]).AsTask().WaitAsync(Deadline);
        await server.GetStream().WriteAsync(new byte[] { 0x20, 0x02, 0x00, 0x00 });
        Assert.True((await connecting.WaitAsync(Deadline)).IsAccepted);
        return server;
    }

    private sealed class Follower(Action<Action<ApplicationMessage, long>, long> then, MqttClient client) : IPublishCompletion
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Publish(ApplicationMessage message, long token) =>
            Assert.Equal(PublishAdmission.Accepted, client.TryPublish(message, this, token));

        public void Completed(long token, PublishResult result)
        {
            then(Publish, token);
            Interlocked.Increment(ref _count);
        }
    }
}
