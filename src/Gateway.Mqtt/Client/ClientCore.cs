using System.Threading.Channels;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Client;

/// <summary>
/// What a client's callers and its connection share: the session behind a lock, its effects, and the queue of received
/// messages. Lock order: there is one lock, and nothing of the user's is called while it is held.
/// </summary>
internal sealed class ClientCore : IDisposable
{
    private readonly MqttClient _client;
    private readonly IMqttClientObserver _observer;
    private readonly ILogger _logger;
    private readonly long _origin;
    private readonly SemaphoreSlim _room;
    private readonly Channel<ReceivedMessage> _received;
    private volatile bool _isReceivingPaused;

    public ClientCore(
        MqttClient client, MqttClientOptions options, IMqttClientObserver observer, ILogger logger, TimeProvider timeProvider)
    {
        _client = client;
        _observer = observer;
        _logger = logger;
        _origin = timeProvider.GetTimestamp();
        _room = new SemaphoreSlim(options.MaximumOutstanding);
        _received = Channel.CreateBounded<ReceivedMessage>(new BoundedChannelOptions(options.ReceiveMaximum)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
        Options = options;
        TimeProvider = timeProvider;
        Effects = new ClientEffects(options.SessionStore);
        Session = new ClientSession(Effects, options.ProtocolVersion, options.MaximumInFlight, options.MaximumOutgoingTopicAliases, options.ConnectTimeout, options.PingTimeout, options.AcknowledgeTimeout, options.PoisonAfter);
    }

    public Lock Gate { get; } = new();

    public MqttClientOptions Options { get; }

    public TimeProvider TimeProvider { get; }

    /// <summary>Under <see cref="Gate"/> only.</summary>
    public ClientSession Session { get; }

    /// <summary>Under <see cref="Gate"/> only.</summary>
    public ClientEffects Effects { get; }

    /// <summary>Under <see cref="Gate"/> only.</summary>
    public ClientConnection? Connection { get; set; }

    /// <summary>Called under <see cref="Gate"/> when the connection is coming to its end.</summary>
    public Action? OnClosing { get; set; }

    /// <summary>Nothing is read while received messages wait for room.</summary>
    public bool IsReceivingPaused => _isReceivingPaused;

    public TimeSpan Now => TimeProvider.GetElapsedTime(_origin);

    /// <summary>Room for one more publish; given back when it ends.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken) => _room.WaitAsync(cancellationToken);

    /// <inheritdoc cref="WaitForRoomAsync"/>
    public bool TryTakeRoom() => _room.Wait(0, CancellationToken.None);

    /// <summary>The connection is coming to its end. Called under the lock.</summary>
    public void Closing() => OnClosing?.Invoke();

    public void Dispose() => _room.Dispose();

    /// <summary>Takes room without a wait, also where there is none: a message is there already.</summary>
    public void TakeRoomOfRestored() => _room.Wait(0, CancellationToken.None);

    /// <summary>Does something under the lock.</summary>
    /// <returns>What is to be carried out now that it is released.</returns>
    public List<ClientEffect> Enter(Action<ClientSession> action)
    {
        lock (Gate)
        {
            action(Session);
            return Leave();
        }
    }

    /// <summary>Ends a stretch under the lock: wakes the writer, takes the effects.</summary>
    public List<ClientEffect> Leave()
    {
        if (Effects.Buffer.Length > 0)
        {
            Connection?.Wake();
        }

        return Effects.Take();
    }

    /// <summary>Carries out effects of a caller's doing, among which there are no received messages.</summary>
    public void CarryOut(List<ClientEffect> effects)
    {
        var ended = 0;
        foreach (var effect in effects)
        {
            CarryOut(effect, null, ref ended);
        }

        Done(effects, ended);
    }

    /// <summary>Carries out effects in order; waits while there is no room for received messages.</summary>
    public async ValueTask CarryOutAsync(List<ClientEffect> effects, ClientConnection connection, CancellationToken cancellationToken)
    {
        var ended = 0;
        foreach (var effect in effects)
        {
            if (effect.Kind is ClientEffectKind.AuthenticationContinues or ClientEffectKind.AuthenticationEnds)
            {
                connection.Uncork();
                await connection.AuthenticateAsync((ReadOnlyMemory<byte>?)effect.Subject, effect.Kind == ClientEffectKind.AuthenticationEnds);
                continue;
            }

            if (effect.Kind != ClientEffectKind.MessageReceived)
            {
                CarryOut(effect, connection, ref ended);
                continue;
            }

            var message = new ReceivedMessage((PublishPacket)effect.Subject!, _client, effect.Receipt);
            if (!_received.Writer.TryWrite(message) && !cancellationToken.IsCancellationRequested)
            {
                connection.Uncork();
                await DeliverAsync(message, cancellationToken);
            }
        }

        Done(effects, ended);
    }

    /// <summary>Hands received messages to the observer, one at a time, until the client is disposed.</summary>
    public async Task HandleMessagesAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in _received.Reader.ReadAllAsync(cancellationToken))
            {
                await HandleAsync(message, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Calls the user's code, which may fail without harm to the client.</summary>
    public void Call(Action<IMqttClientObserver> action)
    {
        try
        {
            action(_observer);
        }
#pragma warning disable CA1031 // Whatever a handler throws is its own affair.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.HandlerFailed(_logger, exception);
        }
    }

    private async Task HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        var reasonCode = ReasonCode.Success;
        try
        {
            await _observer.MessageReceived(message, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a handler throws is its own affair.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.HandlerFailed(_logger, exception);
            reasonCode = ReasonCode.UnspecifiedError;
        }

        if (!Options.ManualAcknowledgement || reasonCode.IsFailure())
        {
            message.Acknowledge(reasonCode);
        }
    }

    // A connection that ends while a message waits for room loses that message: at QoS 1 and 2 the server sends it again.
    private async ValueTask DeliverAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        _isReceivingPaused = true;
        try
        {
            await _received.Writer.WriteAsync(message, cancellationToken);
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            _isReceivingPaused = false;
        }
    }

    private void CarryOut(in ClientEffect effect, ClientConnection? connection, ref int ended)
    {
        switch (effect.Kind)
        {
            case ClientEffectKind.PublishEnded:
                // Without a completion it had been abandoned, and its room given back then.
                if (effect.Publish.Completion is not null)
                {
                    ended++;
                    Complete(effect);
                }

                break;
            case ClientEffectKind.Connected or ClientEffectKind.Refused:
                connection!.HandshakeEnded((ConnAckPacket)effect.Subject!);
                break;
            case ClientEffectKind.Ended:
                (connection ?? Connection)?.SessionEnded((SessionEnd)effect.Subject!);
                break;
            case ClientEffectKind.RequestAnswered:
                var (request, reasonCodes) = ((object, IReadOnlyList<ReasonCode>))effect.Subject!;
                Answer(request, reasonCodes);
                break;
            case ClientEffectKind.RequestLost:
                (effect.Subject as RequestWaiter)?.TrySetResult(null);
                break;
        }
    }

    private void Complete(in ClientEffect effect)
    {
        try
        {
            effect.Publish.Completion!.Completed(effect.Publish.Token, effect.Result);
        }
#pragma warning disable CA1031 // Whatever a completion throws is its own affair.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.HandlerFailed(_logger, exception);
        }
    }

    private void Answer(object request, IReadOnlyList<ReasonCode> reasonCodes)
    {
        if (request is RequestWaiter waiter)
        {
            waiter.TrySetResult(reasonCodes);
            return;
        }

        var subscriptions = ((Resubscription)request).Subscriptions;
        for (var i = 0; i < Math.Min(subscriptions.Count, reasonCodes.Count); i++)
        {
            if (reasonCodes[i].IsFailure())
            {
                Log.SubscriptionRefused(_logger, subscriptions[i].TopicFilter, reasonCodes[i]);
            }
        }
    }

    private void Done(List<ClientEffect> effects, int ended)
    {
        if (ended > 0)
        {
            _room.Release(ended);
        }

        Effects.Recycle(effects);
    }
}
