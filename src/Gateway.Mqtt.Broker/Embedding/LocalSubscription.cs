using System.Text;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Embedding;

/// <summary>A handler in this process that gets the messages of a filter.</summary>
internal sealed class LocalSubscription : Subscriber, IAsyncDisposable
{
    private readonly MqttBroker _broker;
    private readonly BrokerState _state;
    private readonly HandlerQueue<(StoredMessage Message, bool Retain)> _queue;
    private readonly RoutedSubscription _subscription;

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
        _queue = new(
            (item, token) => handler(item.Message.ToApplicationMessage(broker.Now, item.Retain), token),
            capacity,
            exception => Log.HandlerFailed(logger, exception, filter));
        _subscription = new RoutedSubscription(this, filter) { MaximumQoS = QualityOfService.ExactlyOnce };
    }

    public override string ClientId => "";

    public override Readiness Readiness => Readiness.Ready;

    /// <summary>Within a turn: begins to receive, what is retained first.</summary>
    public void Open()
    {
        _state.Subscriptions.Add(_subscription);
        if (!TopicFilter.IsShared(_subscription.Filter))
        {
            _state.MatchRetained(Encoding.UTF8.GetBytes(_subscription.Filter), message => Enqueue(message, retain: true));
        }
    }

    public override void Deliver(ref RoutedMessage message, in RouteTarget target) => Enqueue(message.Store(), retain: false);

    /// <inheritdoc cref="HandlerQueue{T}.FinishAsync"/>
    public Task FinishAsync() => _queue.FinishAsync();

    public ValueTask DisposeAsync()
    {
        _broker.Remove(this);
        _broker.RunTurn(Close);
        return _queue.DisposeAsync();
    }

    private void Close()
    {
        if (_subscription.Node is not null)
        {
            _state.Subscriptions.Remove(_subscription);
        }
    }

    private void Enqueue(StoredMessage message, bool retain)
    {
        if (_queue.TryAdd((message, retain)))
        {
            _state.Tally.MessagesSent++;
        }
        else
        {
            _state.Tally.DroppedQueueFull++;
        }
    }
}
