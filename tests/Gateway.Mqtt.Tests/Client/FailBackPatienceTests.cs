using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>A first server that answers looks and is of no use is gone back to less and less often. On a clock that the test moves.</summary>
public sealed class FailBackPatienceTests : IMqttClientObserver
{
    private const int MostWaits = 40;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _clock = new();
    private readonly ConcurrentQueue<(int Port, TimeSpan At)> _connections = new();
    private readonly ConcurrentQueue<TimeSpan> _goneBack = new();

    [PeerFact(Peer.Mosquitto)]
    public async Task One_that_takes_messages_and_acknowledges_none_for_longer_than_a_good_connection_lasts()
    {
        await using var silent = new UselessServer(_clock, reasonCode: 0x00);
        await using var good = await MosquittoBroker.StartAsync();
        await using var client = new MqttClient(Options(silent.Uri, good.Uri), this, timeProvider: _clock);
        client.Start();
        await AdvanceUntilAsync(client, silent, () => _goneBack.Count == 3);
        Assert.Equal([Quiet, Quiet * 2, Quiet * 4], StaysAt(good.Port).Select((stay, i) => Min(stay, Quiet * (1 << i))));
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task One_that_refuses_the_connection()
    {
        await using var refusing = new UselessServer(_clock, reasonCode: 0x87);
        await using var good = await MosquittoBroker.StartAsync();
        await using var client = new MqttClient(Options(refusing.Uri, good.Uri), this, timeProvider: _clock);
        client.Start();
        await AdvanceUntilAsync(client, refusing, () => _goneBack.Count == 4);
        Assert.Equal([Quiet, Quiet, Quiet * 2, Quiet * 4], StaysAt(good.Port).Select((stay, i) => Min(stay, Quiet * (1 << Math.Max(0, i - 1)))));
    }

    void IMqttClientObserver.Connected(ConnectResult result) => _connections.Enqueue((result.Server.Port, Now));

    void IMqttClientObserver.Disconnected(DisconnectInfo info)
    {
        if (info.IsGoingBack)
        {
            _goneBack.Enqueue(Now);
        }
    }

    private TimeSpan Now => _clock.GetElapsedTime(0);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static MqttClientOptions Options(Uri first, Uri second) => new()
    {
        Servers = [first, second],
        ClientIdentifier = "gateway",
        KeepAlive = TimeSpan.Zero,
        AcknowledgeTimeout = TimeSpan.FromSeconds(35),
        FailBack = Quiet,
        ConnectTimeout = TimeSpan.FromHours(10), // a peer answers by another clock
    };

    // How long the client was at the second server each time.
    private IEnumerable<TimeSpan> StaysAt(int port) => _connections.Where(connection => connection.Port == port).Zip(_goneBack, (connection, left) => left - connection.At);

    // There is always something to send, and each look of the client, which takes its time by another clock, is waited for a while.
    private Task AdvanceUntilAsync(MqttClient client, UselessServer first, Func<bool> condition)
    {
        var waits = 0;
        return Eventually.TrueAsync(Advance, () => $"{string.Join(' ', _connections)}; gone back at {string.Join(' ', _goneBack)}");

        bool Advance()
        {
            var isIdle = client.Outstanding == 0;
            if (isIdle)
            {
                _ = client.PublishAsync(new ApplicationMessage { Topic = "t", QoS = QualityOfService.AtLeastOnce }).AsTask();
            }

            var isAtSecond = client.State == MqttClientState.Connected && _connections.LastOrDefault().Port is var port && port != 0 && port != first.Uri.Port;
            var since = _connections.LastOrDefault().At;
            var isLookDue = isAtSecond && Now >= (first.LastAsked > since ? first.LastAsked : since) + LookPause;
            // The second server answers by another clock, too: it shall not seem to be silent.
            if (client.State != MqttClientState.Connecting && (!isAtSecond || isIdle) && (!isLookDue || ++waits % MostWaits == 0))
            {
                _clock.Advance(TimeSpan.FromSeconds(5));
            }

            return condition();
        }
    }

    // Answers CONNECT, reads what comes, and says nothing more.
    private sealed class UselessServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stopping = new();
        private readonly ConcurrentBag<Task> _serving = [];
        private readonly ManualTimeProvider _clock;
        private readonly byte _reasonCode;
        private readonly Task _accepting;
        private long _lastAsked;

        public UselessServer(ManualTimeProvider clock, byte reasonCode)
        {
            (_clock, _reasonCode) = (clock, reasonCode);
            _listener.Start();
            Uri = new Uri($"mqtt://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
            _accepting = AcceptAsync();
        }

        public Uri Uri { get; }

        /// <summary>When somebody connected last, be it for a look.</summary>
        public TimeSpan LastAsked => TimeSpan.FromTicks(Interlocked.Read(ref _lastAsked));

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _accepting;
            await Task.WhenAll(_serving);
            _listener.Dispose();
            _stopping.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                    Interlocked.Exchange(ref _lastAsked, _clock.GetElapsedTime(0).Ticks);
                    _serving.Add(ServeAsync(client));
                }
            }
            catch (OperationCanceledException)
            {
                // Stopped.
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using var ended = client;
            try
            {
                if (await client.GetStream().ReadAsync(new byte[1024], _stopping.Token) > 0)
                {
                    await client.GetStream().WriteAsync(new byte[] { 0x20, 0x03, 0x00, _reasonCode, 0x00 }, _stopping.Token);
                    await client.GetStream().CopyToAsync(Stream.Null, _stopping.Token);
                }
            }
            catch (Exception end) when (end is OperationCanceledException or IOException)
            {
                // One side is gone.
            }
        }
    }
}
