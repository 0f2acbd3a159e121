using System.Text;
using Gateway.Mqtt.Broker.Embedding;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Broker;

/// <content>What the program that embeds the broker uses without a socket.</content>
public sealed partial class MqttBroker
{
    /// <summary>
    /// Publishes as if a client had, without asking the authorizer: retains the message if it asks for that, and
    /// passes it to every subscriber. Completes when each copy is sent, queued or, as the limits say, dropped; it
    /// waits for no client.
    /// </summary>
    /// <returns>How many subscribers it went to.</returns>
    /// <exception cref="MqttException">The message cannot be expressed in MQTT: its topic has a wildcard, for one. Thrown at once.</exception>
    public Task<int> PublishAsync(ApplicationMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        var results = Enter();
        try
        {
            return Task.FromResult(_state.Publish(message, publisher: null));
        }
        finally
        {
            Leave(results);
        }
    }

    /// <summary>
    /// Calls a handler for each message that the filter matches, retained ones first (with
    /// <see cref="ApplicationMessage.Retain"/> set). One at a time, in order; what comes while it is busy waits in a
    /// queue, and what does not fit is dropped and counted. Completes when the subscription is made. Dispose the
    /// result to end it, from within the handler too.
    /// </summary>
    /// <remarks>
    /// A Response Topic to which the client itself may not publish is left out, so that a handler that answers there does
    /// nothing for a client that the client may not do.
    /// </remarks>
    /// <param name="filter">A topic filter, shared or not.</param>
    /// <param name="handler">An exception of its is logged, and the next message follows. Cancelled when the subscription ends.</param>
    /// <param name="capacity">Messages that wait, 1 or more. Default 1,000.</param>
    /// <param name="cancellationToken">Does not end the subscription.</param>
    /// <exception cref="ArgumentException">The filter is not valid. Thrown at once.</exception>
    public Task<IAsyncDisposable> SubscribeAsync(
        string filter, Func<ApplicationMessage, CancellationToken, ValueTask> handler, int capacity = 1000, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        cancellationToken.ThrowIfCancellationRequested();
        if (!TopicFilter.IsValid(filter))
        {
            throw new ArgumentException($"\"{filter}\" is not a topic filter.", nameof(filter));
        }

        var subscription = new LocalSubscription(this, _state, filter, handler, capacity, _logger);
        _localSubscriptions.TryAdd(subscription, true);
        RunTurn(subscription.Open);
        return Task.FromResult<IAsyncDisposable>(subscription);
    }

    /// <summary>
    /// Tells a handler what happens, one event at a time and in the order in which it happened. The broker never waits
    /// for it: events that its queue has no room for are dropped and counted
    /// (<see cref="BrokerCounters.DroppedEvents"/>), and kinds that nobody asked for cost nothing. To decide rather
    /// than to watch is the part of <see cref="Access.IAuthenticator"/> and <see cref="Access.IAuthorizer"/>.
    /// </summary>
    /// <param name="kinds">Which events.</param>
    /// <param name="handler">An exception of its is logged, and the next event follows. Cancelled when the observer is disposed.</param>
    /// <param name="capacity">Events that wait, 1 or more. Default 1,000.</param>
    /// <returns>Dispose it to end, from within the handler too.</returns>
    public IAsyncDisposable Observe(BrokerEventKinds kinds, Func<BrokerEvent, CancellationToken, ValueTask> handler, int capacity = 1000)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var observer = new EventObserver(this, kinds, handler, capacity, _logger);
        RunTurn(() => _state.Observers.Add(observer));
        return observer;
    }

    /// <summary>Has a tap take messages, once its filters are set; before or after <see cref="StartAsync"/>.</summary>
    public BrokerTap Attach(IMessageTap tap)
    {
        ArgumentNullException.ThrowIfNull(tap);
        return new BrokerTap(this, _state, tap, _logger);
    }

    /// <summary>The retained messages that a filter matches, in no particular order.</summary>
    /// <exception cref="ArgumentException">The filter is not valid.</exception>
    public IReadOnlyList<ApplicationMessage> FindRetained(string filter) => FindRetainedOf(filter, static _ => true);

    /// <summary>The retained messages that a filter matches and this process published, in an earlier run too, in no particular order; not those of clients.</summary>
    /// <exception cref="ArgumentException">The filter is not valid.</exception>
    public IReadOnlyList<ApplicationMessage> FindOwnRetained(string filter) => FindRetainedOf(filter, static message => message.Origin is null);

    /// <summary>
    /// Disconnects the clients of these users (0x98; before 5.0 without a word). Who is logging in just now is refused (0x88):
    /// what was looked up of them may be old.
    /// </summary>
    public void Disconnect(IReadOnlySet<string> users)
    {
        ArgumentNullException.ThrowIfNull(users);
        RunTurn(() =>
        {
            _state.UsersVersion++;
            ServerConnection[] connections = [.. _state.Sessions.All
                .Where(session => session.Identity.UserName is { } user && users.Contains(user)).Select(session => session.Connection).OfType<ServerConnection>()];
            foreach (var connection in connections)
            {
                connection.OnUserChanged();
            }
        });
    }

    internal void Remove(LocalSubscription subscription) => _localSubscriptions.TryRemove(subscription, out _);

    internal void Remove(EventObserver observer) => RunTurn(() => _state.Observers.Remove(observer));

    private List<ApplicationMessage> FindRetainedOf(string filter, Func<StoredMessage, bool> isWanted)
    {
        if (!TopicFilter.IsValid(filter))
        {
            throw new ArgumentException($"\"{filter}\" is not a topic filter.", nameof(filter));
        }

        var found = new List<ApplicationMessage>();
        RunTurn(() => _state.Retained.Match(Encoding.UTF8.GetBytes(filter), message =>
        {
            if (isWanted(message))
            {
                found.Add(message.ToApplicationMessage(_state.Now, retain: true));
            }
        }));
        return found;
    }

    /// <summary>Ends what was not disposed. What was acknowledged to publishers is handed over first, if the handlers take it soon.</summary>
    private async Task CloseHandlersAsync(CancellationToken cancellationToken)
    {
        IEnumerable<Task> finishing = [.. _localSubscriptions.Keys.Select(subscription => subscription.FinishAsync()), .. _state.Observers.All.Select(observer => observer.FinishAsync())];
        await Task.WhenAll(finishing).WaitAsync(LastHandlersTime, _timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_localSubscriptions.Keys.Select(subscription => subscription.DisposeAsync().AsTask()));
        await Task.WhenAll(_state.Observers.All.Select(observer => observer.DisposeAsync().AsTask()));
    }
}
