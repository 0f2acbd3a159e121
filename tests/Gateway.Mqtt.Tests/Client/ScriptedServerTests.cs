using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>The client against servers that misbehave, on a clock that the test moves.</summary>
public sealed class ScriptedServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ManualTimeProvider _clock = new();
    private readonly RecordingObserver _observer = new();

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
    public async Task A_server_that_accepts_and_never_answers_is_given_up_after_the_connect_timeout()
    {
        await using var client = Client();
        var attempt = client.ConnectAsync();
        using var server = await AcceptAsync();
        Assert.Equal(0x10, await ReadByteAsync(server));
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => attempt.IsCompleted);
        var exception = await Assert.ThrowsAsync<MqttException>(() => attempt);
        Assert.Contains("did not answer CONNECT within 10 s", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_half_open_connection_is_noticed_and_replaced()
    {
        await using var client = Client();
        client.Start();
        using var first = await AcceptAsync();
        await first.GetStream().WriteAsync(new byte[] { 0x20, 0x03, 0x00, 0x00, 0x00 });
        await _observer.WaitForConnectionsAsync(1);
        await AdvanceUntilAsync(TimeSpan.FromSeconds(5), () => !_observer.Disconnections.IsEmpty);
        Assert.Equal(ReasonCode.KeepAliveTimeout, _observer.Disconnections.Single().ReasonCode);

        var second = AcceptAsync();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => second.IsCompleted, client);
        using var server = await second;
        await server.GetStream().WriteAsync(new byte[] { 0x20, 0x03, 0x00, 0x00, 0x00 });
        await _observer.WaitForConnectionsAsync(2);
        Assert.Equal(2, client.Epoch);
    }

    [Fact]
    public async Task A_server_that_acknowledges_nothing_is_left_for_the_next_one()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var client = Client(o => o with
        {
            Servers = [.. o.Servers, new Uri($"mqtt://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}")],
            KeepAlive = TimeSpan.Zero,
            AcknowledgeTimeout = TimeSpan.FromSeconds(30),
        });
        client.Start();
        using var first = await AcceptAsync();
        await first.GetStream().WriteAsync(new byte[] { 0x20, 0x03, 0x00, 0x00, 0x00 });
        await _observer.WaitForConnectionsAsync(1);
        var publishing = client.PublishAsync(new ApplicationMessage { Topic = "t", QoS = QualityOfService.AtLeastOnce }).AsTask();
        var elapsed = TimeSpan.Zero;
        await Eventually.TrueAsync(() =>
        {
            if (client.State == MqttClientState.Connected)
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                elapsed += TimeSpan.FromSeconds(1);
            }

            return !_observer.Disconnections.IsEmpty;
        });
        Assert.True(elapsed >= TimeSpan.FromSeconds(30), $"{elapsed}");
        Assert.Contains("acknowledged nothing for 30 s", _observer.Disconnections.Single().Message, StringComparison.Ordinal);

        var accepted = other.AcceptTcpClientAsync();
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => accepted.IsCompleted, client);
        using var second = await accepted;
        await second.GetStream().WriteAsync(new byte[] { 0x20, 0x03, 0x00, 0x00, 0x00, 0x40, 0x02, 0x00, 0x01 });
        Assert.True((await publishing.WaitAsync(Deadline)).IsAccepted);
        Assert.Equal([ServerStanding.Failed, ServerStanding.Connected], client.Servers.Select(server => server.Standing));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bridge_that_is_not_known_as_such_connects_as_any_client(bool isKnown)
    {
        await using var client = Client(o => o with { ProtocolVersion = ProtocolVersion.V311, IsBridge = true, ClientIdentifier = "a" });
        var connecting = client.ConnectAsync();
        if (!isKnown)
        {
            using var first = await AcceptAsync();
            Assert.Equal(0x84, await ReadLevelAsync(first));
            await first.GetStream().WriteAsync(new byte[] { 0x20, 0x02, 0x00, 0x01 });
        }

        using var server = await AcceptAsync();
        Assert.Equal(isKnown ? 0x84 : 0x04, await ReadLevelAsync(server));
        await server.GetStream().WriteAsync(new byte[] { 0x20, 0x02, 0x00, 0x00 });
        Assert.Equal((true, isKnown), ((await connecting).IsAccepted, (await connecting).IsBridge));

        // Fixed header (2), the name (2 + 4), the level.
        async Task<int> ReadLevelAsync(TcpClient from)
        {
            var bytes = new byte[9];
            await from.GetStream().ReadExactlyAsync(bytes);
            return bytes[8];
        }
    }

    [Fact]
    public async Task Garbage_ends_the_attempt_with_a_reason()
    {
        await using var client = Client();
        var attempt = client.ConnectAsync();
        using var server = await AcceptAsync();
        await server.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        var exception = await Assert.ThrowsAsync<MqttException>(() => attempt.WaitAsync(Deadline));
        Assert.Contains("broke the protocol", exception.Message, StringComparison.Ordinal);
        Assert.Equal(MqttClientState.Disconnected, client.State);
    }

    [Fact]
    public async Task A_server_that_closes_at_once_is_tried_again_with_growing_pauses()
    {
        await using var client = Client();
        client.Start();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var accepted = AcceptAsync();
            await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => accepted.IsCompleted, client);
            (await accepted).Dispose();
            await Eventually.TrueAsync(() => _observer.Failures.Count == attempt);
        }

        Assert.All(_observer.Failures, f => Assert.Contains("Cannot connect", f, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publishing_waits_for_a_connection_or_is_withdrawn()
    {
        await using var client = Client();
        using var gaveUp = new CancellationTokenSource();
        var message = new ApplicationMessage { Topic = "t", QoS = QualityOfService.AtLeastOnce };
        var withdrawn = client.PublishAsync(message, gaveUp.Token).AsTask();
        Assert.Equal(1, client.Outstanding);
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => withdrawn);
        Assert.Equal(0, client.Outstanding);

        var abandoned = client.PublishAsync(message).AsTask();
        await client.DisposeAsync();
        Assert.Equal(PublishOutcome.Abandoned, (await abandoned.WaitAsync(Deadline)).Outcome);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.PublishAsync(message).AsTask());
    }

    [Fact]
    public async Task Above_the_limit_a_publish_is_refused_or_waits()
    {
        await using var client = Client(o => o with { MaximumOutstanding = 2, MaximumInFlight = 1 });
        var connecting = client.ConnectAsync();
        using var server = await AcceptAsync();
        await server.GetStream().WriteAsync(new byte[] { 0x20, 0x03, 0x00, 0x00, 0x00 });
        await connecting.WaitAsync(Deadline);
        var message = new ApplicationMessage { Topic = "t", QoS = QualityOfService.AtLeastOnce };
        var nobody = new Nobody();
        Assert.Equal(PublishAdmission.Accepted, client.TryPublish(message, nobody, 0));
        Assert.Equal(PublishAdmission.Accepted, client.TryPublish(message, nobody, 1));
        Assert.Equal(PublishAdmission.Full, client.TryPublish(message, nobody, 2));
        var waiting = client.PublishAsync(message).AsTask();
        Assert.False(waiting.IsCompleted);

        // The first is acknowledged: the second is sent, and there is room for the one that waits.
        await server.GetStream().WriteAsync(new byte[] { 0x40, 0x02, 0x00, 0x01, 0x40, 0x02, 0x00, 0x01 });
        await Eventually.TrueAsync(() => nobody.Count >= 1);
        await server.GetStream().WriteAsync(new byte[] { 0x40, 0x02, 0x00, 0x01 });
        await Eventually.TrueAsync(() => nobody.Count == 2);
        await client.DisposeAsync();
        Assert.NotEqual(PublishOutcome.Refused, (await waiting.WaitAsync(Deadline)).Outcome);
    }

    [Fact]
    public async Task A_handler_that_throws_harms_nobody()
    {
        var calls = 0;
        var observer = new RecordingObserver { Handler = _ => calls++ == 0 ? throw new InvalidOperationException("no") : ValueTask.CompletedTask };
        await using var client = Client(observer: observer);
        var connecting = client.ConnectAsync();
        using var server = await AcceptAsync();
        await server.GetStream().WriteAsync(new byte[] { 0x20, 0x03, 0x00, 0x00, 0x00 });
        await connecting.WaitAsync(Deadline);
        byte[] packets = [0x32, 0x06, 0x00, 0x01, 0x61, 0x00, 0x01, 0x00, 0x32, 0x06, 0x00, 0x01, 0x61, 0x00, 0x02, 0x00];
        await server.GetStream().WriteAsync(packets);
        var skip = await ReadConnectAsync(server);
        Assert.True(skip > 0);
        var answers = new byte[9];
        await server.GetStream().ReadExactlyAsync(answers).AsTask().WaitAsync(Deadline);
        Assert.Equal("400300018040020002", Convert.ToHexString(answers));
    }

    private static async Task<int> ReadConnectAsync(TcpClient server)
    {
        var head = new byte[2];
        await server.GetStream().ReadExactlyAsync(head).AsTask().WaitAsync(Deadline);
        await server.GetStream().ReadExactlyAsync(new byte[head[1]]).AsTask().WaitAsync(Deadline);
        return head[1];
    }

    private MqttClient Client(Func<MqttClientOptions, MqttClientOptions>? change = null, IMqttClientObserver? observer = null)
    {
        var options = new MqttClientOptions
        {
            Servers = [new Uri($"mqtt://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}")],
            ClientIdentifier = "c",
        };
        return new MqttClient(change?.Invoke(options) ?? options, observer ?? _observer, timeProvider: _clock);
    }

    private Task<TcpClient> AcceptAsync() => _listener.AcceptTcpClientAsync().WaitAsync(Deadline);

    private static async Task<int> ReadByteAsync(TcpClient client)
    {
        var buffer = new byte[1];
        await client.GetStream().ReadExactlyAsync(buffer).AsTask().WaitAsync(Deadline);
        return buffer[0];
    }

    /// <summary>Moves the clock until a condition holds; not while a client connects, if one is given: on a slow machine its attempt would time out.</summary>
    private Task AdvanceUntilAsync(TimeSpan step, Func<bool> condition, MqttClient? connecting = null) => Eventually.TrueAsync(() =>
    {
        if (!condition() && connecting?.State != MqttClientState.Connecting)
        {
            _clock.Advance(step);
        }

        return condition();
    });

    private sealed class Nobody : IPublishCompletion
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Completed(long token, PublishResult result) => Interlocked.Increment(ref _count);
    }
}
