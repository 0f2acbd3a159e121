using System.Text;
using System.Text.Unicode;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Statistics;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>PUBLISH and its acknowledgements. MQTT 5.0 §3.3 to §3.7, §4.3.</content>
internal sealed partial class ServerConnection
{
    // By alias, from 1; made when the first alias comes.
    private byte[]?[]? _inboundAliases;

    private void HandlePublish(in PacketFrame frame)
    {
        if (!PublishView.TryRead(frame, Version, out var publish, out var error))
        {
            Fail(error);
            return;
        }

        // MQTT-3.3.4-6
        if (publish.HasSubscriptionIdentifiers)
        {
            Fail(new DecodeError(ReasonCode.ProtocolError, "A client's PUBLISH has a Subscription Identifier."));
            return;
        }

        CountMessage();
        var topic = publish.Topic;
        if (publish.TopicAlias is { } alias && !TryResolve(alias, ref topic))
        {
            return;
        }

        switch (publish.QoS)
        {
            case QualityOfService.AtMostOnce:
                HandleAtMostOnce(publish, topic);
                break;
            case QualityOfService.AtLeastOnce:
                var reasonCode = IsInUse(publish.PacketIdentifier) ? ReasonCode.PacketIdentifierInUse : RouteOrRefuse(publish, topic);
                Acknowledge(PacketType.PubAck, publish.PacketIdentifier, reasonCode);
                break;
            default:
                HandleExactlyOnce(publish, topic);
                break;
        }
    }

    private void HandleAtMostOnce(in PublishView publish, ReadOnlySpan<byte> topic)
    {
        if (MayPublish(publish, topic, out var refusal))
        {
            _state.Route(publish, topic, _session!.Identity);
            if (_state.Journal.IsBehind)
            {
                HoldIfChanged();
            }
        }
        else if (refusal == ReasonCode.TopicNameInvalid)
        {
            Fail(new DecodeError(refusal, "The Topic Name is longer than allowed, or has more levels."));
        }
        else if (refusal == ReasonCode.PayloadFormatInvalid)
        {
            Fail(new DecodeError(refusal, "The payload is not the UTF-8 that its Payload Format Indicator says."));
        }
    }

    // §4.3.3, figure 4.3: the message is passed on at once, its Packet Identifier remembered until PUBREL.
    private void HandleExactlyOnce(in PublishView publish, ReadOnlySpan<byte> topic)
    {
        var session = _session!;
        var identifier = publish.PacketIdentifier;
        if (session.IsIncoming(identifier))
        {
            Acknowledge(PacketType.PubRec, identifier, ReasonCode.Success);
            return;
        }

        if (Version == ProtocolVersion.V50 && session.IncomingCount >= _state.Limits.ReceiveMaximum)
        {
            Fail(new DecodeError(ReasonCode.ReceiveMaximumExceeded, "More messages are under way than Receive Maximum allows."));
            return;
        }

        var reasonCode = RouteOrRefuse(publish, topic);
        if (!reasonCode.IsFailure())
        {
            session.AddIncoming(identifier);
        }

        Acknowledge(PacketType.PubRec, identifier, reasonCode);
    }

    // §2.2.1: a QoS 2 message of the client has the identifier until PUBCOMP. Before 5.0 there is no code to say so.
    private bool IsInUse(ushort identifier) => Version == ProtocolVersion.V50 && _session!.IsIncoming(identifier);

    /// <summary>Routes a QoS 1 or 2 message, if the client may publish it.</summary>
    /// <returns>What its acknowledgement says.</returns>
    private ReasonCode RouteOrRefuse(in PublishView publish, ReadOnlySpan<byte> topic)
    {
        if (!MayPublish(publish, topic, out var refusal))
        {
            // MQTT-3.3.5-2 of 3.1.1: there is no code to refuse with, so the message is acknowledged and dropped.
            return Version == ProtocolVersion.V50 ? refusal : ReasonCode.Success;
        }

        var count = _state.Route(publish, topic, _session!.Identity);
        HoldUntilSafe();
        if (Version != ProtocolVersion.V50)
        {
            return ReasonCode.Success;
        }

        return _state.IsRefused ? ReasonCode.QuotaExceeded : count == 0 ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success;
    }

    private bool MayPublish(ApplicationMessage will, out ReasonCode refusal)
        => MayUse(Encoding.UTF8.GetBytes(will.Topic), out refusal) && IsAsDeclared(will.PayloadFormatIndicator, will.Payload.Span, out refusal);

    private bool MayPublish(in PublishView publish, ReadOnlySpan<byte> topic, out ReasonCode refusal)
        => MayUse(topic, out refusal) && IsAsDeclared(publish.PayloadFormatIndicator, publish.Payload, out refusal);

    // §3.3.2.3.2
    private bool IsAsDeclared(PayloadFormat format, ReadOnlySpan<byte> payload, out ReasonCode refusal)
    {
        var isWrong = _state.ValidatesPayloadFormat && format == PayloadFormat.Utf8 && !Utf8.IsValid(payload);
        refusal = isWrong ? ReasonCode.PayloadFormatInvalid : ReasonCode.Success;
        return !isWrong;
    }

    private bool MayUse(ReadOnlySpan<byte> topic, out ReasonCode refusal)
    {
        refusal = ReasonCode.Success;
        if (IsTooLong(topic))
        {
            refusal = ReasonCode.TopicNameInvalid;
        }
        else if (SystemTopics.Owns(topic) || (_state.Authorizer is { } authorizer && !authorizer.MayPublish(Client!, topic)))
        {
            _state.Tally.Unauthorized++;
            refusal = ReasonCode.NotAuthorized;
        }

        return refusal == ReasonCode.Success;
    }

    // Short topics, which most are, need no count.
    private bool IsTooLong(ReadOnlySpan<byte> topic)
        => topic.Length > _state.Limits.TopicLength
            || (topic.Length >= _state.Limits.TopicLevels && TopicLevels.Count(topic) > _state.Limits.TopicLevels);

    // §3.3.2.3.4
    private bool TryResolve(ushort alias, ref ReadOnlySpan<byte> topic)
    {
        if (alias > _state.Limits.TopicAliases)
        {
            Fail(new DecodeError(ReasonCode.TopicAliasInvalid, "A Topic Alias is above Topic Alias Maximum."));
            return false;
        }

        _inboundAliases ??= new byte[]?[_state.Limits.TopicAliases];
        ref var known = ref _inboundAliases[alias - 1];
        if (!topic.IsEmpty)
        {
            if (!topic.SequenceEqual(known))
            {
                known = topic.ToArray();
            }
        }
        else if (known is null)
        {
            Fail(new DecodeError(ReasonCode.ProtocolError, "A Topic Alias was not introduced."));
            return false;
        }

        topic = known;
        return true;
    }

    private void HandleAcknowledgement(in PacketFrame frame)
    {
        if (!AcknowledgementView.TryRead(frame, Version, out var acknowledgement, out var error))
        {
            Fail(error);
            return;
        }

        var session = _session!;
        var identifier = acknowledgement.PacketIdentifier;
        var isExpected = true;
        switch (frame.Type)
        {
            case PacketType.PubAck:
                isExpected = session.OnPubAck(identifier);
                break;
            case PacketType.PubRec:
                isExpected = session.OnPubRec(identifier, acknowledgement.ReasonCode, out var answer);
                if (isExpected && answer is { } reasonCode)
                {
                    Acknowledge(PacketType.PubRel, identifier, reasonCode);
                }

                break;
            case PacketType.PubRel:
                var isKnown = session.ReleaseIncoming(identifier);
                Acknowledge(PacketType.PubComp, identifier, isKnown ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound);
                break;
            default:
                isExpected = session.OnPubComp(identifier);
                break;
        }

        if (!isExpected)
        {
            Fail(new DecodeError(ReasonCode.ProtocolError, "An acknowledgement does not fit the QoS of its message."));
        }
    }

    private void Acknowledge(PacketType type, ushort identifier, ReasonCode reasonCode)
    {
        HoldIfChanged();
        if (ExplainRefusal(reasonCode) is { } words && Reply(Acknowledgement(type, identifier) with { ReasonCode = reasonCode, ReasonString = words }))
        {
            return;
        }

        AcknowledgementView.Write(Output, type, identifier, reasonCode, Version);
        _state.Tally.PacketsSent++;
        MarkDirty();
    }

    private static PublishAcknowledgement Acknowledgement(PacketType type, ushort identifier) => type switch
    {
        PacketType.PubAck => new PubAckPacket { PacketIdentifier = identifier },
        PacketType.PubRec => new PubRecPacket { PacketIdentifier = identifier },
        PacketType.PubRel => new PubRelPacket { PacketIdentifier = identifier },
        _ => new PubCompPacket { PacketIdentifier = identifier },
    };
}
