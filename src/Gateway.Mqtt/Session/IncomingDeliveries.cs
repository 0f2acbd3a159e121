using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>
/// The server's messages on their way to the application, and their acknowledgements on the way back, over any number of
/// connections. MQTT 5.0 §4.3, §4.6.
/// </summary>
internal sealed class IncomingDeliveries(IClientSessionSink sink, ProtocolVersion version, KeepAliveClock keepAlive)
{
    private readonly IncomingWindow _window = new();
    private TopicAliasTable _topicAliases = new(0);
    private ushort _receiveMaximum;
    private long _connectionNumber;
    private long _sessionNumber;

    /// <summary>CONNECT leaves.</summary>
    public void Connecting(ConnectPacket packet)
    {
        _connectionNumber++;
        _receiveMaximum = packet.ReceiveMaximum;
        _topicAliases = new TopicAliasTable(packet.TopicAliasMaximum);
    }

    /// <summary>The server has accepted.</summary>
    public void Connected(bool isResumed)
    {
        if (!isResumed)
        {
            _sessionNumber++;
            _window.SessionLost();
        }
    }

    /// <summary>The connection is gone.</summary>
    public void ConnectionLost() => _window.ConnectionLost();

    /// <summary>Takes a PUBLISH.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public DecodeError? Receive(scoped in PacketFrame frame, TimeSpan now)
    {
        if (!PublishView.TryRead(frame, version, out var view, out var error))
        {
            return error;
        }

        var packet = view.ToPacket();
        if (_topicAliases.Resolve(ref packet) is { } wrong)
        {
            return wrong;
        }

        var qos = packet.Message.QoS;
        if (qos == QualityOfService.AtMostOnce)
        {
            sink.MessageReceived(packet, default);
            return null;
        }

        var isNew = _window.Add(packet.PacketIdentifier, qos, out var sequence);
        if (version == ProtocolVersion.V50 && _window.Count > _receiveMaximum)
        {
            return new DecodeError(ReasonCode.ReceiveMaximumExceeded, "Receive Maximum is exceeded.");
        }

        if (isNew)
        {
            sink.MessageReceived(packet, new Receipt(_sessionNumber, _connectionNumber, sequence, packet.PacketIdentifier, qos));
        }

        return null;
    }

    /// <summary>The application has finished with a message.</summary>
    /// <returns>False: it belongs to a session that the server has lost, or needs no acknowledgement.</returns>
    public bool Finish(in Receipt receipt, ReasonCode reasonCode)
    {
        if (receipt.QoS == QualityOfService.AtMostOnce || receipt.SessionNumber != _sessionNumber)
        {
            return false;
        }

        _window.Finish(receipt, reasonCode, isThisConnection: receipt.ConnectionNumber == _connectionNumber);
        return true;
    }

    /// <summary>Sends the acknowledgements that are due, in the order of the messages.</summary>
    public void Pump(TimeSpan now)
    {
        while (_window.TryTakeFinished(out var entry))
        {
            var type = entry.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
            Write(type, entry.PacketIdentifier, entry.ReasonCode, now);
        }
    }

    /// <summary>Takes a PUBREL, and answers it.</summary>
    public void Release(ushort packetIdentifier, TimeSpan now)
    {
        var isKnown = _window.Release(packetIdentifier);
        Write(PacketType.PubComp, packetIdentifier, isKnown ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound, now);
    }

    private void Write(PacketType type, ushort packetIdentifier, ReasonCode reasonCode, TimeSpan now)
    {
        AcknowledgementView.Write(sink.Output, type, packetIdentifier, reasonCode, version);
        keepAlive.Sent(now);
    }
}
