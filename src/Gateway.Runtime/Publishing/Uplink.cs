using System.Diagnostics.CodeAnalysis;
using System.Text;
using Gateway.Mqtt;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Transport;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Polling;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Drains the queue to the upstream broker, in order, with as many messages under way as the broker takes; a record leaves the queue on
/// PUBACK or PUBCOMP only. Beside it keeps the retained status topics up to date and takes commands. Start it once, stop it once.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync, which is its end, disposes them.")]
internal sealed class Uplink : IPublishCompletion, IMqttClientObserver
{
    private const int BatchSize = 256;
    private const int Window = 1000;

    // A 5.0 broker says how many messages it takes at once, an older one doesn't: mosquitto 2.0 acknowledges and drops QoS 2 beyond 20.
    private const int UnannouncedExactlyOnceWindow = 20;

    // Exactly once needs a session that outlives its connection; at least once does not, since the client sends again by itself.
    private const uint ExactlyOnceSessionSeconds = 24 * 3600;

    private static readonly TimeSpan RefusalPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(1);

    private readonly UplinkOptions _options;
    private readonly QueueReader _reader;
    private readonly MessageEncoder _encoder;
    private readonly CommandDispatcher _commands;
    private readonly string _commandFilter;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly MqttClient _client;
    private readonly UplinkStates _states;
    private readonly UplinkHealth _health;
    private readonly WakeSignal _room;
    private readonly CancellationTokenSource _stopping = new();
    private Task _work = Task.CompletedTask;
    private readonly Lock _readGate = new();
    private CancellationTokenSource? _reading;
    private volatile bool _mustRewind;
    private volatile bool _mustPause;

    public Uplink(
        UplinkOptions options,
        QueueReader reader,
        MessageEncoder encoder,
        StatusTopics statusTopics,
        CommandDispatcher commands,
        string commandFilter,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory)
    {
        _options = options;
        _reader = reader;
        _encoder = encoder;
        _commands = commands;
        _commandFilter = commandFilter;
        _timeProvider = timeProvider;
        _logger = loggerFactory.CreateLogger<Uplink>();
        _room = new WakeSignal(timeProvider);
        _health = new UplinkHealth(options.Urls[0], timeProvider, _logger);
        _client = new MqttClient(CreateClientOptions(options, statusTopics), this, loggerFactory.CreateLogger<MqttClient>(), timeProvider);
        _states = new UplinkStates(_client, statusTopics, timeProvider);
    }

    /// <summary>What the uplink says of itself.</summary>
    public UplinkStatus Status => _health.Status;

    /// <summary>Begins to connect, and to drain once connected.</summary>
    public void Start()
    {
        _client.Start();
        _work = Task.WhenAll(DrainAsync(), TakeCommandsAndTellAsync());
    }

    /// <summary>Keeps a device's retained status upstream: told now, and after every connect.</summary>
    public void SetState(string device, IReadOnlyList<ApplicationMessage> messages) => _states.Set(device, messages);

    /// <summary>
    /// Goes on draining while it is connected, until nothing is left or the token is cancelled; then says goodbye, which takes up to 1 s more,
    /// and disconnects.
    /// </summary>
    public async Task StopAsync(Func<bool> isDrained, CancellationToken cancellationToken)
    {
        try
        {
            while (_client.State == MqttClientState.Connected && !isDrained())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), _timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // What is left waits on the disk.
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _room.Set();
        await _work.ConfigureAwait(false);
        var isGoodbyeSaid = await TrySayGoodbyeAsync().ConfigureAwait(false);
        await _client.DisconnectAsync(isGoodbyeSaid ? ReasonCode.NormalDisconnection : ReasonCode.DisconnectWithWillMessage).ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
        _states.Dispose();
        _room.Dispose();
        _stopping.Dispose();
    }

    void IPublishCompletion.Completed(long token, PublishResult result)
    {
        if (result.IsAccepted)
        {
            _reader.Acknowledge(token);
            _health.CountPublished();
        }
        else if (result.Outcome == PublishOutcome.Refused && !result.ReasonCode.IsTransient())
        {
            // Sent again it would be refused again, and nothing behind it would ever leave.
            _reader.Acknowledge(token);
            _health.CountRefused(result.ReasonCode);
        }
        else
        {
            _mustPause |= result.Outcome == PublishOutcome.Refused;
            RequestRewind();
        }

        _room.Set();
    }

    void IMqttClientObserver.Connected(ConnectResult result)
    {
        _health.SetConnected(result.Server);
        _states.TellAll();
        _room.Set();
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
        _commands.Dispatch(message.Message, async (answer, token) => await _client.PublishAsync(answer, token).ConfigureAwait(false));
        return ValueTask.CompletedTask;
    }

    private static MqttClientOptions CreateClientOptions(UplinkOptions options, StatusTopics statusTopics) => new()
    {
        Servers = options.Urls,
        ProtocolVersion = options.Protocol,
        ClientIdentifier = options.ClientId,
        Authentication = options.UsesScram ? new ScramSha256(options.Username!, options.Password!.Reveal()) : null,
        UserName = options.UsesScram ? null : options.Username,
        Password = !options.UsesScram && options.Password is { } password ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(password.Reveal()) : null,
        SessionExpiryInterval = options.QoS == QualityOfService.ExactlyOnce ? ExactlyOnceSessionSeconds : 0,
        Will = new WillMessage { Message = statusTopics.OfGateway(isOnline: false) },
        MaximumInFlight = options is { QoS: QualityOfService.ExactlyOnce, Protocol: not ProtocolVersion.V50 } ? UnannouncedExactlyOnceWindow : Window,
        MaximumOutstanding = 2 * Window,
        Tls = new MqttTlsOptions
        {
            AuthorityFile = options.Tls.CertificateAuthorityFile,
            CertificateFile = options.Tls.CertificateFile,
            KeyFile = options.Tls.KeyFile,
            ApplicationProtocols = options.Tls.ApplicationProtocol is { } protocol ? [protocol] : [],
        },
    };

    // A clean disconnect brings no Will: a gateway that is gone would stay online at its upstream broker.
    private async Task<bool> TrySayGoodbyeAsync()
    {
        if (_client.State != MqttClientState.Connected)
        {
            return false;
        }

        using var limit = new CancellationTokenSource(GoodbyeTime, _timeProvider);
        try
        {
            await _states.SayGoodbyeAsync(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

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

    private async Task DrainAsync()
    {
        var records = new QueueRecord[BatchSize];
        try
        {
            while (true)
            {
                await _client.WaitForConnectionAsync(_stopping.Token).ConfigureAwait(false);
                await RewindIfNeededAsync().ConfigureAwait(false);
                var count = await ReadAsync(records).ConfigureAwait(false);
                for (var i = 0; i < count; i++)
                {
                    await SendAsync(records[i]).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped; what was not acknowledged stays in the queue.
        }
    }

    /// <returns>How many records were read; 0 when some must be read again first.</returns>
    private async ValueTask<int> ReadAsync(QueueRecord[] records)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        lock (_readGate)
        {
            if (_mustRewind)
            {
                return 0;
            }

            _reading = reading;
        }

        try
        {
            return await _reader.ReadAsync(records, reading.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            lock (_readGate)
            {
                _reading = null;
            }
        }
    }

    // A read may be waiting for new records while old ones are due again.
    private void RequestRewind()
    {
        lock (_readGate)
        {
            _mustRewind = true;
            _reading?.CancelAfter(TimeSpan.Zero); // not Cancel: the read must not go on within the client's callback
        }
    }

    private async ValueTask SendAsync(QueueRecord record)
    {
        if (_encoder.Encode(record) is not { } message)
        {
            Log.RecordUnreadable(_logger, record.Position, record.Device);
            _reader.Acknowledge(record.Position);
            return;
        }

        while (true)
        {
            _stopping.Token.ThrowIfCancellationRequested();
            switch (_client.TryPublish(message, this, record.Position))
            {
                case PublishAdmission.Accepted:
                    return;
                case PublishAdmission.NotConnected:
                    await _client.WaitForConnectionAsync(_stopping.Token).ConfigureAwait(false);
                    break;
                default:
                    await _room.WaitAsync(RefusalPause).ConfigureAwait(false);
                    break;
            }
        }
    }

    // Messages that ended without arriving are read again, in order, with whatever else is not acknowledged.
    private async ValueTask RewindIfNeededAsync()
    {
        if (!_mustRewind)
        {
            return;
        }

        if (_mustPause)
        {
            _mustPause = false;
            await Task.Delay(RefusalPause, _timeProvider, _stopping.Token).ConfigureAwait(false);
        }

        while (_client.Outstanding > 0 && _client.State == MqttClientState.Connected)
        {
            await _room.WaitAsync(RefusalPause).ConfigureAwait(false);
            _stopping.Token.ThrowIfCancellationRequested();
        }

        _mustRewind = false;
        _reader.Rewind();
    }
}
