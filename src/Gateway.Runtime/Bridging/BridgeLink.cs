using System.Diagnostics.CodeAnalysis;
using Gateway.Mqtt;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Publishing;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// The bridge's connection to the upstream broker: sends the queue there, and publishes what comes in at the local broker. Start it
/// once, stop it once.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync, which is its end, disposes them.")]
internal sealed class BridgeLink : IMqttClientObserver
{
    private const int Window = 100;

    // A 5.0 broker says how many messages it takes at once, an older one doesn't: mosquitto 2.0 acknowledges and drops QoS 2 beyond 20.
    private const int UnannouncedWindow = 20;

    private static readonly TimeSpan EchoWindow = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly BridgeOptions _options;
    private readonly TopicMap _map;
    private readonly BridgePath _path;
    private readonly BridgeIntake _intake;
    private readonly OwnTopics _ownTopics;
    private readonly MqttBroker _broker;
    private readonly BridgeStateTopic _stateTopic;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly UplinkHealth _health;
    private readonly MqttClient _client;
    private readonly QueueDrain _drain;
    private readonly LoopGuard _echoes;
    private readonly WakeSignal _connected;
    private readonly CancellationTokenSource _stopping = new();
    private Task _work = Task.CompletedTask;
    private volatile bool _sendsNoEchoes;
    private long _received;
    private long _looped;
    private long _expired;

    public BridgeLink(
        BridgeOptions options,
        TopicMap map,
        BridgePath path,
        BridgeIntake intake,
        OwnTopics ownTopics,
        MqttBroker broker,
        BridgeStateTopic stateTopic,
        TimeSpan sessionExpiry,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory)
    {
        _options = options;
        _map = map;
        _path = path;
        _intake = intake;
        _ownTopics = ownTopics;
        _broker = broker;
        _stateTopic = stateTopic;
        _timeProvider = timeProvider;
        _logger = loggerFactory.CreateLogger<BridgeLink>();
        _connected = new WakeSignal(timeProvider);
        _echoes = new LoopGuard(EchoWindow, timeProvider);
        _health = new UplinkHealth("Bridge", "messages", options.Connection.Urls[0], timeProvider, _logger);
        var client = CreateClientOptions(options.Connection, sessionExpiry);
        _client = new MqttClient(client, this, loggerFactory.CreateLogger<MqttClient>(), timeProvider);
        _drain = new QueueDrain(_client, intake.Reader, Encode, _health, timeProvider, options.Connection.ParkAfter, client.MaximumInFlight, left: intake.OnLeft);
    }

    /// <summary>Where it goes, and whether it stands.</summary>
    public UplinkStatus Status => _health.Status with { Servers = UpstreamClient.DescribeServers(_client) };

    /// <summary>Messages that came in and were published here.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Messages that came in and had been here before.</summary>
    public long Looped => Interlocked.Read(ref _looped);

    /// <summary>Messages whose Message Expiry Interval passed while they waited.</summary>
    public long Expired => Interlocked.Read(ref _expired);

    /// <summary>Begins to connect.</summary>
    /// <param name="former">Topic filters that an earlier run may have left subscribed in the session upstream.</param>
    public void Start(IReadOnlyList<string> former)
    {
        SetAway();
        _intake.Reader.Rewind();
        _client.Start();
        _work = Task.WhenAll(_drain.RunAsync(_stopping.Token), SubscribeAndTellAsync(former));
    }

    /// <summary>Goes on sending while it is connected, until the queue is empty or the token is cancelled; then disconnects.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _drain.FinishAsync(() => _intake.Queue.Depth == 0, cancellationToken).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        await UpstreamClient.LeaveAsync(_client, async token => await _client.PublishAsync(_stateTopic.Of(isConnected: false), token).ConfigureAwait(false), _timeProvider).ConfigureAwait(false);
        SetAway();
        _connected.Dispose();
        _stopping.Dispose();
    }

    void IMqttClientObserver.Connected(ConnectResult result)
    {
        _sendsNoEchoes = _options.Connection.Protocol == ProtocolVersion.V50 || result.IsBridge;
        _drain.Connected(result.ConnAck);
        _health.SetConnected(result.Server);
        _intake.IsConnected = true;
        _connected.Set();
    }

    void IMqttClientObserver.Disconnected(DisconnectInfo info)
    {
        if (!_stopping.IsCancellationRequested)
        {
            _health.SetDisconnected(info);
            SetAway();
        }
    }

    void IMqttClientObserver.ConnectFailed(string message, TimeSpan retryIn) => _health.SetProblem(message);

    /// <summary>The upstream broker hears that the message has arrived once the local one has it: that is when this returns.</summary>
    async ValueTask IMqttClientObserver.MessageReceived(ReceivedMessage received, CancellationToken cancellationToken)
    {
        var message = received.Message;
        if (_map.ToLocal(message.Topic) is not { } found || (_options.IsUplinkBroker && _ownTopics.Contains(message.Topic)))
        {
            return;
        }

        if (_path.IsOn(message) || (!_sendsNoEchoes && _echoes.IsEcho(message.Topic, message, "")))
        {
            Interlocked.Increment(ref _looped);
            return;
        }

        await _broker.PublishAsync(_path.Extend(message) with { Topic = found.Topic }, cancellationToken).ConfigureAwait(false);
        Interlocked.Increment(ref _received);
    }

    private MqttClientOptions CreateClientOptions(UplinkOptions connection, TimeSpan sessionExpiry)
    {
        // Only what comes in at QoS 1 or 2 waits upstream while this bridge is away.
        var isKept = _map.In.Any(entry => entry.QoS > QualityOfService.AtMostOnce);
        return UpstreamClient.OptionsFor(connection) with
        {
            IsBridge = true,
            CleanStart = !isKept,
            SessionExpiryInterval = isKept ? (uint)Math.Min(uint.MaxValue - 1, sessionExpiry.TotalSeconds) : 0,
            Will = new WillMessage { Message = _stateTopic.Of(isConnected: false) },
            MaximumInFlight = connection.Protocol == ProtocolVersion.V50 ? Window : UnannouncedWindow,
            MaximumOutstanding = 2 * Window,
        };
    }

    private ApplicationMessage? Encode(QueueRecord record)
    {
        var message = BridgeRecord.Decode(record, _intake.AgeOf(record), out var hasExpired);
        if (hasExpired)
        {
            Interlocked.Increment(ref _expired);
        }
        else if (message is null)
        {
            Log.BridgeRecordUnreadable(_logger, record.Position);
            throw new InvalidDataException($"Record {record.Position} of the bridge's queue cannot be read.");
        }
        else if (!_sendsNoEchoes && _map.ToLocal(message.Topic) is not null)
        {
            _echoes.Sent(message.Topic, message, _options.Connection.ClientId);
        }

        return message;
    }

    private void SetAway()
    {
        _intake.IsConnected = false;
        _ = _broker.PublishAsync(_stateTopic.Of(isConnected: false));
    }

    // "connected" also says that commands are heard, so it comes after the subscriptions.
    private async Task SubscribeAndTellAsync(IReadOnlyList<string> former)
    {
        await SubscribeAsync(former).ConfigureAwait(false);
        await TellStateAsync().ConfigureAwait(false);
    }

    private async Task SubscribeAsync(IReadOnlyList<string> former)
    {
        try
        {
            await _client.WaitForConnectionAsync(_stopping.Token).ConfigureAwait(false);
            if (former.Count > 0)
            {
                await _client.UnsubscribeAsync(former, _stopping.Token).ConfigureAwait(false);
            }

            if (_map.GetSubscriptions() is { Count: > 0 } subscriptions)
            {
                var codes = await _client.SubscribeAsync(subscriptions, null, _stopping.Token).ConfigureAwait(false);
                foreach (var (subscription, code) in subscriptions.Zip(codes).Where(answer => answer.Second.IsFailure()))
                {
                    Log.BridgeSubscriptionRefused(_logger, subscription.TopicFilter, code.ToString());
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was ever connected.
        }
        catch (MqttException fault)
        {
            Log.BridgeSubscriptionRefused(_logger, string.Join(", ", _map.In.Select(entry => entry.RemoteFilter)), fault.Message);
        }
    }

    // The Will says "away" at the end of each connection.
    private async Task TellStateAsync()
    {
        using var waking = _stopping.Token.Register(_connected.Set);
        try
        {
            while (true)
            {
                await _connected.WaitAsync(LongestSleep).ConfigureAwait(false);
                await _client.PublishAsync(_stateTopic.Of(isConnected: true), _stopping.Token).ConfigureAwait(false);
                await _broker.PublishAsync(_stateTopic.Of(isConnected: true), _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
