using System.Text;
using System.Threading.Channels;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker;

/// <summary>A handler in this process that gets the messages of a filter, one at a time, from a bounded queue of its own.</summary>
internal sealed class LocalSubscription : Subscriber, IAsyncDisposable
{
    private readonly MqttBroker _broker;
    private readonly BrokerState _state;
    private readonly ILogger _logger;
    private readonly Func<ApplicationMessage, CancellationToken, ValueTask> _handler;
    private readonly Channel<(StoredMessage Message, bool Retain)> _queue;
    private readonly CancellationTokenSource _closing = new();
    private readonly RoutedSubscription _subscription;
    private readonly Task _loop;

    public LocalSubscription(
        MqttBroker broker,
        BrokerState state,
        string filter,
        Func<ApplicationMessage, CancellationToken, ValueTask> handler,
        int capacity,
        ILogger logger)
    {
        _broker = broker;
        _state = state;
        _handler = handler;
        _logger = logger;
        _queue = Channel.CreateBounded<(StoredMessage, bool)>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _subscription = new RoutedSubscription(this, filter) { MaximumQoS = QualityOfService.ExactlyOnce };
        _loop = Task.Run(HandleAsync);
    }

    public override string ClientId => "";

    public override Readiness Readiness => Readiness.Ready;

    /// <summary>Within a turn: begins to receive, what is retained first.</summary>
    public void Open()
    {
        _state.Subscriptions.Add(_subscription);
        if (!TopicFilter.IsShared(_subscription.Filter))
        {
            _state.Retained.Match(Encoding.UTF8.GetBytes(_subscription.Filter), message => Enqueue(message, retain: true));
        }
    }

    public override void Deliver(ref RoutedMessage message, in RouteTarget target) => Enqueue(message.Store(), retain: false);

    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync();
        _broker.Remove(this);
        _broker.RunTurn(Close);
        await _loop;
        _closing.Dispose();
    }

    private void Close()
    {
        if (_subscription.Node is not null)
        {
            _state.Subscriptions.Remove(_subscription);
        }

        _queue.Writer.TryComplete();
    }

    private void Enqueue(StoredMessage message, bool retain)
    {
        if (_queue.Writer.TryWrite((message, retain)))
        {
            _state.Tally.MessagesSent++;
        }
        else
        {
            _state.Tally.DroppedQueueFull++;
        }
    }

    private async Task HandleAsync()
    {
        try
        {
            await foreach (var (message, retain) in _queue.Reader.ReadAllAsync(_closing.Token))
            {
                await HandleAsync(message.ToApplicationMessage(_broker.Now, retain));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async ValueTask HandleAsync(ApplicationMessage message)
    {
        try
        {
            await _handler(message, _closing.Token);
        }
#pragma warning disable CA1031 // A handler's failure costs its message only.
        catch (Exception e) when (e is not OperationCanceledException || !_closing.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.HandlerFailed(_logger, e, _subscription.Filter);
        }
    }
}
