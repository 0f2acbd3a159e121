using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Client;

/// <summary>A message from the server.</summary>
public sealed class ReceivedMessage
{
    private readonly MqttClient _client;
    private readonly Receipt _receipt;
    private int _isAcknowledged;

    internal ReceivedMessage(PublishPacket packet, MqttClient client, in Receipt receipt)
    {
        Packet = packet;
        _client = client;
        _receipt = receipt;
    }

    /// <summary>The message; its topic is resolved if an alias stood for it.</summary>
    public ApplicationMessage Message => Packet.Message;

    /// <summary>The packet, with DUP and Subscription Identifiers.</summary>
    public PublishPacket Packet { get; }

    /// <summary>Acknowledges at QoS 1 and 2, in the order of the messages; a second call does nothing. Thread-safe.</summary>
    /// <param name="reasonCode">Success, or why the message is not accepted (told to a 5.0 server only).</param>
    public void Acknowledge(ReasonCode reasonCode = ReasonCode.Success)
    {
        if (Interlocked.Exchange(ref _isAcknowledged, 1) == 0 && Message.QoS != QualityOfService.AtMostOnce)
        {
            _client.Acknowledge(_receipt, reasonCode);
        }
    }
}
