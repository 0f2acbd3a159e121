using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Embedding;

/// <summary>An event on its way to observers: a message's bytes become a record only where somebody looks at it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Event">The event itself, unless it is about a message.</param>
/// <param name="ClientId">Who published the message or has it.</param>
/// <param name="Message">The message.</param>
/// <param name="QoS">Of this copy.</param>
/// <param name="Retain">Of this copy.</param>
internal readonly record struct PendingEvent(
    BrokerEventKinds Kind, BrokerEvent? Event, string? ClientId = null, StoredMessage? Message = null, QualityOfService QoS = default, bool Retain = false)
{
    public BrokerEvent ToEvent(long now)
    {
        if (Event is not null)
        {
            return Event;
        }

        var message = Message!.ToApplicationMessage(now, Retain) with { QoS = QoS };
        return Kind == BrokerEventKinds.MessagePublished ? new MessagePublished(ClientId, message) : new MessageDelivered(ClientId!, message);
    }
}

/// <summary>A handler in this process that is told of events.</summary>
internal sealed class EventObserver : IAsyncDisposable
{
    private readonly MqttBroker _broker;
    private readonly HandlerQueue<PendingEvent> _queue;

    public EventObserver(MqttBroker broker, BrokerEventKinds kinds, Func<BrokerEvent, CancellationToken, ValueTask> handler, int capacity, ILogger logger)
    {
        _broker = broker;
        Kinds = kinds;
        _queue = new(
            (pending, token) => handler(pending.ToEvent(broker.Now), token),
            capacity,
            exception => Log.ObserverFailed(logger, exception));
    }

    public BrokerEventKinds Kinds { get; }

    /// <summary>False when its queue is full.</summary>
    public bool TryAdd(in PendingEvent pending) => _queue.TryAdd(pending);

    /// <inheritdoc cref="HandlerQueue{T}.FinishAsync"/>
    public Task FinishAsync() => _queue.FinishAsync();

    public ValueTask DisposeAsync()
    {
        _broker.Remove(this);
        return _queue.DisposeAsync();
    }
}

/// <summary>Who is told of events. Without observers an event costs one comparison. Not thread-safe.</summary>
internal sealed class EventObservers
{
    private EventObserver[] _observers = [];
    private BrokerEventKinds _wanted;

    public IReadOnlyList<EventObserver> All => _observers;

    /// <summary>Events that an observer's queue had no room for.</summary>
    public long Dropped { get; private set; }

    public bool Wants(BrokerEventKinds kind) => (_wanted & kind) != 0;

    public void Add(EventObserver observer) => Set([.. _observers, observer]);

    public void Remove(EventObserver observer) => Set([.. _observers.Where(other => other != observer)]);

    public void Tell(in PendingEvent pending)
    {
        foreach (var observer in _observers)
        {
            if ((observer.Kinds & pending.Kind) != 0 && !observer.TryAdd(pending))
            {
                Dropped++;
            }
        }
    }

    private void Set(EventObserver[] observers)
    {
        _observers = observers;
        _wanted = observers.Aggregate(BrokerEventKinds.None, (all, observer) => all | observer.Kinds);
    }
}
