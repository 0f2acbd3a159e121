using System.Diagnostics.CodeAnalysis;
using Gateway.Mqtt;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// The connection to the upstream broker: drains the queue to it, keeps the retained status topics there up to date, and takes
/// commands. Start it once, stop it once.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync, which is its end, disposes them.")]
internal sealed class Uplink : IMqttClientObserver
{
    private const int Window = 1000;

    // A 5.0 broker says how many messages it takes at once, an older one doesn't: mosquitto 2.0 acknowledges and drops QoS 2 beyond 20.
    private const int UnannouncedExactlyOnceWindow = 20;

    // Exactly once needs a session that outlives its connection; at least once does not, since the client sends again by itself.
    private const uint ExactlyOnceSessionSeconds = 24 * 3600;


    private readonly UplinkOptions _options;
    private readonly MessageEncoder _encoder;
    private readonly CommandDispatcher _commands;
    private readonly string _commandFilter;
    private readonly Func<string, bool> _isForBridge;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly MqttClient _client;
    private readonly UplinkStates _states;
    private readonly UplinkHealth _health;
    private readonly QueueDrain _drain;
    private readonly CancellationTokenSource _stopping = new();
    private Task _work = Task.CompletedTask;

    public Uplink(
        UplinkOptions options,
        QueueReader reader,
        MessageEncoder encoder,
        StatusTopics statusTopics,
        CommandDispatcher commands,
        string commandFilter,
        Func<string, bool> isForBridge,
        int? drainRate,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory)
    {
        _options = options;
        _encoder = encoder;
        _commands = commands;
        _commandFilter = commandFilter;
        _isForBridge = isForBridge;
        _timeProvider = timeProvider;
        _logger = loggerFactory.CreateLogger<Uplink>();
        _health = new UplinkHealth("Uplink", "readings", options.Urls[0], timeProvider, _logger);
        _client = new MqttClient(CreateClientOptions(options, statusTopics), this, loggerFactory.CreateLogger<MqttClient>(), timeProvider);
        _drain = new QueueDrain(_client, reader, Encode, _health, timeProvider, drainRate);
        _states = new UplinkStates(_client, statusTopics, timeProvider);
    }

    /// <summary>What the uplink says of itself.</summary>
    public UplinkStatus Status => _health.Status;

    /// <summary>How long it has been away; zero while it stands.</summary>
    public TimeSpan Absence => _health.Absence;

    /// <summary>Begins to connect, and to drain once connected.</summary>
    public void Start()
    {
        _client.Start();
        _work = Task.WhenAll(_drain.RunAsync(_stopping.Token), TakeCommandsAndTellAsync());
    }

    /// <summary>Keeps a device's retained status upstream: told now, and after every connect.</summary>
    public void SetState(string device, IReadOnlyList<ApplicationMessage> messages) => _states.Set(device, messages);

    /// <summary>
    /// Goes on draining while it is connected, until nothing is left or the token is cancelled; then says goodbye, which takes up to 1 s more,
    /// and disconnects.
    /// </summary>
    public async Task StopAsync(Func<bool> isDrained, CancellationToken cancellationToken)
    {
        await _drain.FinishAsync(isDrained, cancellationToken).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        await UpstreamClient.LeaveAsync(_client, _states.SayGoodbyeAsync, _timeProvider).ConfigureAwait(false);
        _states.Dispose();
        _stopping.Dispose();
    }

    void IMqttClientObserver.Connected(ConnectResult result)
    {
        _health.SetConnected(result.Server);
        _states.TellAll();
    }

    void IMqttClientObserver.Disconnected(DisconnectInfo info)
    {
        if (!_stopping.IsCancellationRequested)
        {
            _health.SetProblem(info.Message);
        }
    }

    void IMqttClientObserver.ConnectFailed(string message, TimeSpan retryIn) => _health.SetProblem(message);

    ValueTask IMqttClientObserver.MessageReceived(ReceivedMessage message, CancellationToken cancellationToken)
    {
        if (!_isForBridge(message.Message.Topic))
        {
            _commands.Dispatch(message.Message, async (answer, token) => await _client.PublishAsync(answer, token).ConfigureAwait(false));
        }

        return ValueTask.CompletedTask;
    }

    private static MqttClientOptions CreateClientOptions(UplinkOptions options, StatusTopics statusTopics) => UpstreamClient.OptionsFor(options) with
    {
        SessionExpiryInterval = options.QoS == QualityOfService.ExactlyOnce ? ExactlyOnceSessionSeconds : 0,
        Will = new WillMessage { Message = statusTopics.OfGateway(isOnline: false) },
        MaximumInFlight = options is { QoS: QualityOfService.ExactlyOnce, Protocol: not ProtocolVersion.V50 } ? UnannouncedExactlyOnceWindow : Window,
        MaximumOutstanding = 2 * Window,
    };

    // "online" also says that commands are heard: so first things first.
    private async Task TakeCommandsAndTellAsync()
    {
        await SubscribeAsync().ConfigureAwait(false);
        await _states.RunAsync(_stopping.Token).ConfigureAwait(false);
    }

    private async Task SubscribeAsync()
    {
        // A session that outlives its connection would keep commands for a gateway that is away, and deliver them when they
        // are no longer meant: at QoS 0 brokers don't keep them.
        var qos = _options.QoS == QualityOfService.ExactlyOnce ? QualityOfService.AtMostOnce : QualityOfService.AtLeastOnce;
        var subscription = new Subscription { TopicFilter = _commandFilter, MaximumQoS = qos, RetainHandling = RetainHandling.DoNotSend };
        try
        {
            var codes = await _client.SubscribeAsync([subscription], null, _stopping.Token).ConfigureAwait(false);
            if (codes[0].IsFailure())
            {
                Log.CommandsRefused(_logger, _commandFilter, codes[0].ToString());
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was ever connected.
        }
        catch (MqttException fault)
        {
            Log.CommandsRefused(_logger, _commandFilter, fault.Message);
        }
    }

    private ApplicationMessage? Encode(QueueRecord record)
    {
        var message = _encoder.Encode(record);
        if (message is null)
        {
            Log.RecordUnreadable(_logger, record.Position, record.Device);
        }

        return message;
    }
}
