using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Statistics;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Embedding;

/// <summary>A handler in this process that gets the messages of a filter.</summary>
internal sealed class LocalSubscription : Subscriber, IAsyncDisposable
{
    private readonly MqttBroker _broker;
    private readonly BrokerState _state;
    private readonly HandlerQueue<Item> _queue;
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
            (item, token) => handler(ToMessage(item), token),
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
            _state.MatchRetained(Encoding.UTF8.GetBytes(_subscription.Filter), message => Enqueue(new Item(message, Retain: true, Publisher: null)));
        }
    }

    public override void Deliver(ref RoutedMessage message, in RouteTarget target) => Enqueue(new Item(message.Store(), Retain: false, message.Publisher));

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

    // On the handler's thread: most messages have no Response Topic, and to find one costs a reading of the packet.
    private ApplicationMessage ToMessage(Item item)
    {
        var message = item.Message.ToApplicationMessage(_broker.Now, item.Retain);
        if (message.ResponseTopic is not { } topic || MayAnswer(item, Encoding.UTF8.GetBytes(topic)))
        {
            return message;
        }

        _broker.RunTurn(() => _state.Tally.Unauthorized++);
        return message with { ResponseTopic = null };
    }

    // Whom a stored message is of, nobody knows any more.
    private bool MayAnswer(in Item item, ReadOnlySpan<byte> topic)
        => item.Message.Origin is null
            || (!SystemTopics.Owns(topic) && (_state.Authorizer is not { } authorizer || (item.Publisher is { } publisher && authorizer.MayPublish(publisher, topic))));

    private void Enqueue(Item item)
    {
        if (_queue.TryAdd(item))
        {
            _state.Tally.MessagesSent++;
        }
        else
        {
            _state.Tally.DroppedQueueFull++;
        }
    }

    private readonly record struct Item(StoredMessage Message, bool Retain, ClientIdentity? Publisher);
}
