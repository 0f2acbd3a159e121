using System.Diagnostics.CodeAnalysis;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Polling;
using Gateway.Storage.Queue;
using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// The connection to the upstream broker: drains the queue to it, and says and hears what else there is. Start it once, stop it once.
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
    private readonly QueueReader _reader;
    private readonly Action<UplinkStatus> _changed;
    private readonly MessageEncoder _encoder;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly MqttClient _client;
    private readonly IUplinkConversation _conversation;
    private readonly UplinkHealth _health;
    private readonly QueueDrain _drain;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _telling = new();
    private string? _toldHindrance;
    private Task _work = Task.CompletedTask;

    public Uplink(
        UplinkOptions options,
        QueueReader reader,
        MessageEncoder encoder,
        WillMessage? will,
        Func<MqttClient, IUplinkConversation> converse,
        int? drainRate,
        AcquisitionClock clock,
        Action<UplinkStatus> changed,
        TimeProvider timeProvider,
        ILogger logger,
        ILogger<MqttClient> clientLogger)
    {
        _options = options;
        _reader = reader;
        _changed = changed;
        _encoder = encoder;
        _timeProvider = timeProvider;
        _logger = logger;
        _health = new UplinkHealth(options.Name == UplinkOptions.DefaultName ? "Uplink" : $"Uplink {options.Name}", "readings", options.Urls[0], timeProvider, _logger);
        var client = CreateClientOptions(options, will, reader);
        _client = new MqttClient(client, this, clientLogger, timeProvider);
        _drain = new QueueDrain(_client, reader, Encode, _health, timeProvider, options.ParkAfter, client.MaximumInFlight, drainRate, new ClockWait(clock, timeProvider), Tell);
        if (client.SessionStore is not null)
        {
            _drain.ResumeSession();
        }

        _conversation = converse(_client);
    }

    /// <summary>What the uplink says of itself.</summary>
    public UplinkStatus Status => _health.Status with { Name = _options.Name, Servers = UpstreamClient.DescribeServers(_client), InFlight = _client.Outstanding, Waits = _client.State == MqttClientState.Connected && _drain.IsWaitingForClock ? ClockWait.Reason : null };

    /// <summary>How long it has been away; zero while it stands.</summary>
    public TimeSpan Absence => _health.Absence;

    /// <summary>Begins to connect, and to drain once connected.</summary>
    public void Start()
    {
        Tell();
        _client.Start();
        _work = Task.WhenAll(_drain.RunAsync(_stopping.Token), _conversation.RunAsync(_stopping.Token));
    }

    /// <summary>Tells of what hinders it, if that has come or gone; called now and then, since it may come and go with each message.</summary>
    public void TellOfHindrance()
    {
        if (_health.Status.Hindrance != Volatile.Read(ref _toldHindrance))
        {
            Tell();
        }
    }

    /// <summary>Keeps the retained messages of a subject upstream: told now, and after every connect.</summary>
    public void SetState(string subject, IReadOnlyList<ApplicationMessage> messages) => _conversation.SetState(subject, messages);

    /// <summary>A device's state has changed; null: it is no longer polled.</summary>
    public void SetDevice(DeviceDefinition device, DeviceState? state) => _conversation.SetDevice(device, state);

    /// <summary>
    /// Goes on draining while it is connected, until nothing is left or the token is cancelled; then says goodbye, which takes up to 1 s more,
    /// and disconnects, of which it tells.
    /// </summary>
    public async Task StopAsync(Func<bool> isDrained, CancellationToken cancellationToken)
    {
        await _drain.FinishAsync(() => _reader.Waiting == 0 || isDrained(), cancellationToken).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        await UpstreamClient.LeaveAsync(_client, _conversation.SayGoodbyeAsync, _timeProvider).ConfigureAwait(false);
        _conversation.Dispose();
        _stopping.Dispose();
        _health.SetStopped();
        Tell();
    }

    void IMqttClientObserver.Connected(ConnectResult result)
    {
        _drain.Connected(result.ConnAck);
        _health.SetConnected(result.Server);
        if (result.ConnAck.MaximumQoS < _options.QoS)
        {
            _health.SetLimit($"the broker takes messages at QoS {(int)result.ConnAck.MaximumQoS} at most, and 'qos: {(int)_options.QoS}' is asked for: {DescribeGuarantee(result.ConnAck.MaximumQoS)}");
        }

        Tell();
        _conversation.Connected();
    }

    void IMqttClientObserver.Disconnected(DisconnectInfo info)
    {
        if (!_stopping.IsCancellationRequested)
        {
            _health.SetDisconnected(info);
            Tell();
        }
    }

    void IMqttClientObserver.ConnectFailed(string message, TimeSpan retryIn)
    {
        _health.SetProblem(message);
        Tell();
    }

    ValueTask IMqttClientObserver.MessageReceived(ReceivedMessage message, CancellationToken cancellationToken)
    {
        _conversation.Receive(message.Message);
        return ValueTask.CompletedTask;
    }

    // In the order of what they say.
    private void Tell()
    {
        lock (_telling)
        {
            var status = Status;
            _toldHindrance = status.Hindrance;
            _changed(status);
        }
    }

    private static MqttClientOptions CreateClientOptions(UplinkOptions options, WillMessage? will, QueueReader reader) => UpstreamClient.OptionsFor(options) with
    {
        SessionExpiryInterval = options.QoS == QualityOfService.ExactlyOnce ? ExactlyOnceSessionSeconds : 0,
        SessionStore = IsExactlyOnce(options) ? reader : null,
        CleanStart = !IsExactlyOnce(options),
        Will = will,
        MaximumInFlight = options is { QoS: QualityOfService.ExactlyOnce, Protocol: not ProtocolVersion.V50 } ? UnannouncedExactlyOnceWindow : Window,
        MaximumOutstanding = 2 * Window,
    };

    private static string DescribeGuarantee(QualityOfService qos) =>
        qos == QualityOfService.AtMostOnce ? "what is under way when the connection breaks is lost" : "what is sent again may arrive twice";

    // Whose session it was that an earlier run went on with, of several servers or of any that one may refer to, is not known.
    private static bool IsExactlyOnce(UplinkOptions options) => options is { QoS: QualityOfService.ExactlyOnce, Urls.Count: 1, FollowReferences.Count: 0 };

    private ApplicationMessage Encode(QueueRecord record)
    {
        if (_encoder.Encode(record) is { } message)
        {
            return message;
        }

        Log.RecordUnreadable(_logger, record.Device, record.Position);
        throw new InvalidDataException($"Queue record {record.Position} of {record.Device} cannot be read.");
    }
}
