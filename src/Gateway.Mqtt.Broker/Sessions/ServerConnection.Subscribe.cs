using System.Text;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>SUBSCRIBE and UNSUBSCRIBE. MQTT 5.0 §3.8 to §3.11, §4.8.</content>
internal sealed partial class ServerConnection
{
    private void HandleSubscribe(SubscribePacket packet)
    {
        var reasonCodes = new ReasonCode[packet.Subscriptions.Count];

        // A filter that is repeated within the packet gets them once: with each, a packet of a few bytes would ask for all of them thousands of times.
        var retained = new HashSet<RoutedSubscription>();
        for (var i = 0; i < reasonCodes.Length; i++)
        {
            var reasonCode = IsInUse(packet.PacketIdentifier)
                ? ReasonCode.PacketIdentifierInUse
                : Subscribe(packet.Subscriptions[i], packet.SubscriptionIdentifier ?? 0, retained);

            // 3.1 has no code for a failure: the client is granted the least, and gets nothing.
            reasonCodes[i] = Version == ProtocolVersion.V31 && reasonCode.IsFailure() ? ReasonCode.GrantedQoS0 : reasonCode;
        }

        HoldIfChanged();
        if (!Reply(new SubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = reasonCodes, ReasonString = Explain(reasonCodes) }))
        {
            Close(new CloseReason(ReasonCode.PacketTooLarge, "its Maximum Packet Size has no room for a SUBACK"));
            return;
        }

        foreach (var subscription in retained)
        {
            SendRetained(subscription);
        }
    }

    private ReasonCode Subscribe(Subscription requested, uint identifier, HashSet<RoutedSubscription> retained)
    {
        var session = _session!;
        var filter = requested.TopicFilter;
        var isShared = TopicFilter.TrySplitShare(filter, out _, out var matched);
        if (!MaySubscribe(matched, out var refusal))
        {
            return refusal;
        }

        var isNew = !session.Subscriptions.TryGetValue(filter, out var subscription);
        if (subscription is null)
        {
            if (session.Subscriptions.Count >= _state.Limits.Subscriptions)
            {
                return ReasonCode.QuotaExceeded;
            }

            subscription = new RoutedSubscription(session, filter) { MaximumQoS = requested.MaximumQoS };
            _state.Sessions.Subscribe(subscription);
        }

        // MQTT-3.8.4-3: the new options replace those of the same filter.
        subscription.MaximumQoS = requested.MaximumQoS;
        subscription.NoLocal = requested.NoLocal || session.IsBridge;
        subscription.RetainAsPublished = requested.RetainAsPublished || session.IsBridge;
        subscription.SubscriptionIdentifier = identifier;
        _state.Journal.OnSubscriptionChanged(session, filter);
        var sendsRetained = requested.RetainHandling == RetainHandling.SendAtSubscribe
            || (requested.RetainHandling == RetainHandling.SendIfNew && isNew);
        if (sendsRetained && !isShared)
        {
            retained.Add(subscription);
        }

        _state.Raise(new ClientSubscribed(session.ClientId, filter, requested.MaximumQoS));
        return (ReasonCode)requested.MaximumQoS;
    }

    private bool MaySubscribe(ReadOnlySpan<char> filter, out ReasonCode refusal)
    {
        refusal = ReasonCode.Success;
        if (filter.Count('/') >= _state.Limits.TopicLevels || Encoding.UTF8.GetByteCount(filter) > _state.Limits.TopicLength)
        {
            refusal = ReasonCode.TopicFilterInvalid;
        }
        else if (_state.Authorizer is { } authorizer && !authorizer.MaySubscribe(Client!, Encoding.UTF8.GetBytes(filter.ToString())))
        {
            _state.Tally.Unauthorized++;
            refusal = ReasonCode.NotAuthorized;
        }

        return refusal == ReasonCode.Success;
    }

    private void SendRetained(RoutedSubscription subscription)
    {
        var session = _session!;
        var target = new RouteTarget
        {
            Subscriber = session,
            MaximumQoS = subscription.MaximumQoS,
            IsRetained = true,
            Identifiers = default(SubscriptionIdentifiers).With(subscription.SubscriptionIdentifier),
        };
        _state.MatchRetained(Encoding.UTF8.GetBytes(subscription.Filter), stored =>
        {
            if (!subscription.NoLocal || stored.Origin != session.ClientId)
            {
                var message = new RoutedMessage(stored) { Now = _state.Now };
                session.Deliver(ref message, target);
            }
        });
    }

    private void HandleUnsubscribe(UnsubscribePacket packet)
    {
        var reasonCodes = new ReasonCode[packet.TopicFilters.Count];
        for (var i = 0; i < reasonCodes.Length; i++)
        {
            if (IsInUse(packet.PacketIdentifier))
            {
                reasonCodes[i] = ReasonCode.PacketIdentifierInUse;
                continue;
            }

            var filter = packet.TopicFilters[i];
            var existed = _state.Sessions.Unsubscribe(_session!, filter);
            reasonCodes[i] = existed ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted;
            if (existed)
            {
                _state.Raise(new ClientUnsubscribed(_session!.ClientId, filter));
            }
        }

        HoldIfChanged();
        if (!Reply(new UnsubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = reasonCodes, ReasonString = Explain(reasonCodes) }))
        {
            Close(new CloseReason(ReasonCode.PacketTooLarge, "its Maximum Packet Size has no room for an UNSUBACK"));
        }
    }
}
