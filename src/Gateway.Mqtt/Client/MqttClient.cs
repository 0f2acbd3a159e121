using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;
using Gateway.Mqtt.Topics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Mqtt.Client;

/// <summary>
/// An MQTT client for 3.1, 3.1.1 and 5.0. <see cref="Start"/> keeps it connected: it reconnects with back-off, resumes its
/// session, and subscribes again where the server has lost it. Thread-safe.
/// <para>Messages at QoS 1 and 2 that were taken outlive a connection. If the server resumes the session they are sent again
/// with DUP, in order, and QoS 2 stays exactly once. If the server has lost it they are sent as new messages: at least once.</para>
/// </summary>
public sealed class MqttClient : IAsyncDisposable
{
    /// <summary>The most Topic Filters that a client holds.</summary>
    public const int MaximumSubscriptions = 10_000;

    private readonly ClientCore _core;
    private readonly ClientConnector _connector;
    private readonly SubscriptionTable _subscriptions = new();
    private readonly CancellationTokenSource _disposal = new();
    private readonly Task _handling;
    private CancellationTokenSource? _running;
    private Task _loop = Task.CompletedTask;
    private int _isDisposed;

    /// <param name="options">How to connect.</param>
    /// <param name="observer">Hears connections and messages; null: nobody.</param>
    /// <param name="logger">Null: nothing is logged.</param>
    /// <param name="timeProvider">Null: the system's.</param>
    /// <param name="random">For the jitter of the back-off; null: the shared one.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public MqttClient(
        MqttClientOptions options,
        IMqttClientObserver? observer = null,
        ILogger<MqttClient>? logger = null,
        TimeProvider? timeProvider = null,
        Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        logger ??= NullLogger<MqttClient>.Instance;
        _core = new ClientCore(this, options, observer ?? new SilentObserver(), logger, timeProvider ?? TimeProvider.System);
        var backoff = new ReconnectBackoff(options.MinimumReconnectDelay, options.MaximumReconnectDelay, random ?? Random.Shared);
        _connector = new ClientConnector(_core, _subscriptions, backoff, logger);
        _handling = Task.Run(() => _core.HandleMessagesAsync(_disposal.Token));
    }

    /// <summary>Where the client stands now.</summary>
    public MqttClientState State => _connector.State;

    /// <summary>The number of the current or last accepted connection, from 1; 0 before the first.</summary>
    public long Epoch => _connector.Epoch;

    /// <summary>The Client Identifier in use: the server's, if it has assigned one.</summary>
    public string ClientIdentifier => _connector.ClientIdentifier;

    /// <summary>Where each server stands, in the order of preference.</summary>
    public IReadOnlyList<ServerState> Servers => _connector.DescribeServers();

    /// <summary>Publishes that were taken and have not ended.</summary>
    public int Outstanding
    {
        get
        {
            lock (_core.Gate)
            {
                return _core.Session.Outstanding;
            }
        }
    }

    /// <summary>Makes one attempt: each server once, in order, until one accepts or refuses. Does not reconnect afterwards.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The server's answer; a refusal is a value.</returns>
    /// <exception cref="MqttException">No server could be reached or none answered.</exception>
    /// <exception cref="InvalidOperationException">There is a connection already, or <see cref="Start"/> makes them.</exception>
    public async Task<ConnectResult> ConnectAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        if (_running is not null || State != MqttClientState.Disconnected)
        {
            throw new InvalidOperationException("The client is connected or connecting already.");
        }

        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        return await _connector.AttemptAsync(linked.Token);
    }

    /// <summary>Connects, and keeps connecting after every failure, until <see cref="DisconnectAsync"/>. A second call does nothing.</summary>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        lock (_core.Gate)
        {
            if (_running is null)
            {
                _running = CancellationTokenSource.CreateLinkedTokenSource(_disposal.Token);
                var stop = _running.Token;
                _loop = Task.Run(() => _connector.RunAsync(stop), CancellationToken.None);
            }
        }
    }

    /// <summary>Waits until the client is connected.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForConnectionAsync(CancellationToken cancellationToken = default)
    {
        lock (_core.Gate)
        {
            return _connector.Connected.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Publishes a message and waits for its end; while there is no connection or no room, waits for them too.</summary>
    /// <param name="message">The message; its bytes must stay as they are until the end.</param>
    /// <param name="cancellationToken">Ends the wait. A message that is not sent yet is not sent then; one that is may arrive.</param>
    /// <returns>How it ended; a refusal is a value.</returns>
    /// <exception cref="ArgumentException">MQTT cannot carry the message.</exception>
    public async ValueTask<PublishResult> PublishAsync(ApplicationMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        MessageCheck.ThrowIfInvalid(message);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        if (!_core.TryTakeRoom())
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
            await _core.WaitForRoomAsync(linked.Token);
        }

        var waiter = new PublishWaiter();
        Take(new OutgoingPublish(message, waiter, 0));
        if (_isDisposed != 0)
        {
            _core.CarryOut(_core.Enter(session => session.Abandon()));
        }

        using (cancellationToken.UnsafeRegister((_, token) => Withdraw(waiter, token), null))
        {
            return await waiter.Task;
        }
    }

    /// <summary>Publishes a message without a wait: for many a second. The writes of all that is pending are one.</summary>
    /// <param name="message">The message; its bytes must stay as they are until its completion.</param>
    /// <param name="completion">Called once if the message is accepted, perhaps before this method returns.</param>
    /// <param name="token">Handed to the completion.</param>
    /// <returns>Whether the message was taken.</returns>
    /// <exception cref="ArgumentException">MQTT cannot carry the message.</exception>
    public PublishAdmission TryPublish(ApplicationMessage message, IPublishCompletion completion, long token)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(completion);
        MessageCheck.ThrowIfInvalid(message);
        if (State != MqttClientState.Connected)
        {
            return PublishAdmission.NotConnected;
        }

        if (!_core.TryTakeRoom())
        {
            return PublishAdmission.Full;
        }

        Take(new OutgoingPublish(message, completion, token));
        return PublishAdmission.Accepted;
    }

    /// <summary>
    /// Takes up a message that an earlier process sent at QoS 2 under an identifier, without having learned that the server released that, as its
    /// <see cref="MqttClientOptions.SessionStore"/> kept it. If the server has the session still it is sent again, with DUP, or only released where it
    /// has arrived; else it is sent as a new one. Before the first connection, oldest first.
    /// </summary>
    /// <param name="packetIdentifier">As it was sent.</param>
    /// <param name="message">As it was sent; null: it is no longer there, and the server is to release the identifier.</param>
    /// <param name="hasArrived">Whether the server said that it has it (PUBREC).</param>
    /// <param name="completion">As of <see cref="TryPublish"/>.</param>
    /// <param name="token">As of <see cref="TryPublish"/>.</param>
    /// <exception cref="ArgumentException">MQTT cannot carry the message, or the identifier is above <see cref="MqttClientOptions.MaximumInFlight"/> or restored already.</exception>
    /// <exception cref="InvalidOperationException">The client has connected already.</exception>
    public void Restore(ushort packetIdentifier, ApplicationMessage? message, bool hasArrived, IPublishCompletion completion, long token)
    {
        ArgumentNullException.ThrowIfNull(completion);
        if (message is not null)
        {
            MessageCheck.ThrowIfInvalid(message);
        }

        lock (_core.Gate)
        {
            if (Epoch != 0)
            {
                throw new InvalidOperationException("The client has connected already.");
            }

            if (!_core.Session.TryRestore(packetIdentifier, message is null ? default : new OutgoingPublish(message, completion, token), hasArrived))
            {
                throw new ArgumentException($"The packet identifier {packetIdentifier} is out of range or in use.", nameof(packetIdentifier));
            }
        }

        if (message is not null)
        {
            _core.TakeRoomOfRestored();
        }
    }

    /// <summary>The store has kept, or forgotten, what it was asked to: those messages go on.</summary>
    /// <param name="packetIdentifiers">Their identifiers, in the order of the requests.</param>
    public void Stored(IReadOnlyList<ushort> packetIdentifiers) =>
        _core.CarryOut(_core.Enter(session => session.Stored(packetIdentifiers, _core.Now)));

    /// <summary>Subscribes, and again by itself whenever the server has lost the session. Waits for a connection.</summary>
    /// <param name="subscriptions">One or more.</param>
    /// <param name="subscriptionIdentifier">1 to 268,435,455, sent back with each message (5.0); null: none.</param>
    /// <param name="cancellationToken">Ends the wait; the subscriptions may have been made.</param>
    /// <returns>One Reason Code per subscription: the granted QoS or a refusal, which is not tried again.</returns>
    /// <exception cref="ArgumentException">A Topic Filter is not valid, or there are too many.</exception>
    /// <exception cref="MqttException">The request exceeds the server's Maximum Packet Size.</exception>
    public async Task<IReadOnlyList<ReasonCode>> SubscribeAsync(
        IReadOnlyList<Subscription> subscriptions, uint? subscriptionIdentifier = null, CancellationToken cancellationToken = default)
    {
        CheckFilters([.. subscriptions.Select(s => s.TopicFilter)]);
        var codes = await RequestAsync(
            (session, waiter) => session.TrySubscribe(subscriptions, subscriptionIdentifier, waiter, _core.Now), cancellationToken);
        lock (_core.Gate)
        {
            for (var i = 0; i < Math.Min(codes.Count, subscriptions.Count); i++)
            {
                if (!codes[i].IsFailure())
                {
                    _subscriptions.Add(subscriptions[i], subscriptionIdentifier);
                }
            }
        }

        return codes;
    }

    /// <summary>Subscribes to one Topic Filter.</summary>
    /// <inheritdoc cref="SubscribeAsync(IReadOnlyList{Subscription}, uint?, CancellationToken)"/>
    /// <param name="topicFilter">A Topic Filter.</param>
    /// <param name="maximumQoS">The highest QoS to receive.</param>
    /// <returns>The granted QoS or a refusal.</returns>
#pragma warning disable CS1573 // The other parameter is inherited.
    public async Task<ReasonCode> SubscribeAsync(
        string topicFilter, QualityOfService maximumQoS = QualityOfService.AtLeastOnce, CancellationToken cancellationToken = default)
#pragma warning restore CS1573
    {
        var codes = await SubscribeAsync([new Subscription { TopicFilter = topicFilter, MaximumQoS = maximumQoS }], null, cancellationToken);
        return codes[0];
    }

    /// <summary>Ends subscriptions. Waits for a connection.</summary>
    /// <param name="topicFilters">One or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>One Reason Code per Topic Filter; empty before 5.0.</returns>
    /// <exception cref="ArgumentException">A Topic Filter is not valid.</exception>
    public async Task<IReadOnlyList<ReasonCode>> UnsubscribeAsync(IReadOnlyList<string> topicFilters, CancellationToken cancellationToken = default)
    {
        CheckFilters(topicFilters);
        lock (_core.Gate)
        {
            foreach (var filter in topicFilters)
            {
                _subscriptions.Remove(filter);
            }
        }

        return await RequestAsync((session, waiter) => session.TryUnsubscribe(topicFilters, waiter, _core.Now), cancellationToken);
    }

    /// <summary>Authenticates anew on the connection that there is, while messages flow on: before a token expires, for one. Waits for
    /// a connection. MQTT 5.0 §4.12.1.</summary>
    /// <param name="cancellationToken">Ends the wait; the exchange goes on.</param>
    /// <exception cref="MqttException">It failed, and the connection with it; or another one is under way.</exception>
    /// <exception cref="InvalidOperationException"><see cref="MqttClientOptions.Authentication"/> is not set.</exception>
    public async Task ReauthenticateAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        var authentication = new AuthenticationRun(
            _core.Options.Authentication ?? throw new InvalidOperationException("The client has no Authentication Method."));
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        await WaitForConnectionAsync(linked.Token);
        var data = await authentication.StartAsync(linked.Token);
        var waiter = new RequestWaiter();
        var isSent = false;
        _core.CarryOut(_core.Enter(session =>
        {
            isSent = session.TryReauthenticate(data, waiter, _core.Now);
            if (isSent)
            {
                _core.Connection!.Authentication = authentication;
            }
        }));
        if (!isSent)
        {
            throw new MqttException("There is no connection to authenticate anew, or that is under way already.");
        }

        _ = await waiter.Task.WaitAsync(linked.Token) ?? throw new MqttException("The connection ended before the re-authentication did.");
    }

    /// <summary>Says DISCONNECT and stays disconnected until the next start. Publishes that have not ended end as abandoned.</summary>
    /// <param name="reasonCode">Normal, or <see cref="ReasonCode.DisconnectWithWillMessage"/> (5.0) to have the Will published.</param>
    public async Task DisconnectAsync(ReasonCode reasonCode = ReasonCode.NormalDisconnection)
    {
        CancellationTokenSource? running;
        Task loop;
        lock (_core.Gate)
        {
            (running, loop) = (_running, _loop);
            _running = null;
        }

        if (running is not null)
        {
            await running.CancelAsync();
        }

        // A connection that is just being made is ended by the cancellation.
        _core.CarryOut(_core.Enter(session => session.Disconnect(reasonCode, _core.Now)));
        await loop;
        await _connector.ConnectionGone;
        _core.CarryOut(_core.Enter(session => session.Abandon()));
        running?.Dispose();
    }

    /// <summary>Disconnects, if connected, and ends every wait.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await DisconnectAsync();
            await _disposal.CancelAsync();
            await _handling;
            _connector.Dispose();
            _disposal.Dispose();
            _core.Dispose();
        }
    }

    internal void Acknowledge(Receipt receipt, ReasonCode reasonCode) =>
        _core.CarryOut(_core.Enter(session => session.Acknowledge(receipt, reasonCode, _core.Now)));

    private void Take(OutgoingPublish publish)
    {
        List<ClientEffect> effects;
        lock (_core.Gate)
        {
            _core.Session.Publish(publish, _core.Now);
            effects = _core.Leave();
        }

        _core.CarryOut(effects);
    }

    private void Withdraw(PublishWaiter waiter, CancellationToken cancellationToken)
    {
        waiter.Withdraw(cancellationToken);
        _core.CarryOut(_core.Enter(session => session.DropWithdrawn()));
    }

    // A request whose connection is lost is made again on the next.
    private async Task<IReadOnlyList<ReasonCode>> RequestAsync(
        Func<ClientSession, RequestWaiter, bool> send, CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        while (true)
        {
            await WaitForConnectionAsync(linked.Token);
            var waiter = new RequestWaiter();
            var isSent = false;
            var isConnected = false;
            _core.CarryOut(_core.Enter(session =>
            {
                isConnected = session.IsConnected;
                isSent = isConnected && send(session, waiter);
            }));
            if (isSent && await waiter.Task.WaitAsync(linked.Token) is { } codes)
            {
                return codes;
            }

            if (isConnected && !isSent)
            {
                throw new MqttException("The request cannot be sent: it exceeds the server's Maximum Packet Size, or too many wait for answers.");
            }

            await Task.Yield();
        }
    }

    private void CheckFilters(IReadOnlyList<string> topicFilters)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        ArgumentOutOfRangeException.ThrowIfZero(topicFilters.Count, nameof(topicFilters));
        foreach (var filter in topicFilters)
        {
            if (!TopicFilter.IsValid(filter))
            {
                throw new ArgumentException($"'{filter}' is no Topic Filter: # stands last and + alone between slashes.", nameof(topicFilters));
            }
        }

        lock (_core.Gate)
        {
            if (_subscriptions.Count + topicFilters.Count > MaximumSubscriptions)
            {
                throw new ArgumentException($"A client holds at most {MaximumSubscriptions} subscriptions.", nameof(topicFilters));
            }
        }
    }

    private sealed class SilentObserver : IMqttClientObserver;
}
