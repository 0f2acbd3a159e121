using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Embedding;

/// <summary>An <see cref="IMessageTap"/> at its broker; disposing it takes it off. Thread-safe.</summary>
public sealed class BrokerTap : IDisposable
{
    private readonly MqttBroker _broker;
    private readonly BrokerState _state;
    private readonly TapSubscriber _subscriber;
    private readonly List<RoutedSubscription> _subscriptions = [];

    internal BrokerTap(MqttBroker broker, BrokerState state, IMessageTap tap, ILogger logger)
    {
        _broker = broker;
        _state = state;
        _subscriber = new TapSubscriber(state, tap, logger);
    }

    /// <summary>
    /// Replaces what the tap takes, in one step: a message that the old and the new filters match is taken once. One
    /// that several match is taken once, too. Retained messages are not taken: <see cref="MqttBroker.FindRetained"/>.
    /// </summary>
    /// <exception cref="ArgumentException">A filter is not valid, or is shared.</exception>
    public void SetFilters(IReadOnlyCollection<string> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        if (filters.FirstOrDefault(filter => !TopicFilter.IsValid(filter) || TopicFilter.IsShared(filter)) is { } wrong)
        {
            throw new ArgumentException($"\"{wrong}\" is not a topic filter that a tap can have.", nameof(filters));
        }

        _broker.RunTurn(() =>
        {
            _subscriptions.ForEach(_state.Subscriptions.Remove);
            _subscriptions.Clear();
            foreach (var filter in filters.Distinct(StringComparer.Ordinal))
            {
                var subscription = new RoutedSubscription(_subscriber, filter) { MaximumQoS = QualityOfService.ExactlyOnce };
                _subscriptions.Add(subscription);
                _state.Subscriptions.Add(subscription);
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => SetFilters([]);

    /// <summary>Hands what is routed to it to the tap.</summary>
    private sealed class TapSubscriber(BrokerState state, IMessageTap tap, ILogger logger) : Subscriber
    {
        public override string ClientId => "";

        public override Readiness Readiness => Readiness.Ready;

        public override void Deliver(ref RoutedMessage message, in RouteTarget target)
        {
            var publisher = new MessagePublisher(
                message.Origin, message.Origin is { } origin && state.Sessions.Find(origin) is { IsBridge: true });
            state.Tally.MessagesSent++;
            try
            {
                if (!tap.TryTake(message.Store().ToApplicationMessage(state.Now, message.Retain), publisher, out var safe))
                {
                    state.SetRefused();
                }
                else if (safe is not null)
                {
                    state.SetUnsafe(safe);
                }
            }
#pragma warning disable CA1031 // A tap's failure is its own; the other subscribers get their copies.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.TapFailed(logger, e);
            }
        }
    }
}
