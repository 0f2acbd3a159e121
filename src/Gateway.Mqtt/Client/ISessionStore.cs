namespace Gateway.Mqtt.Client;

/// <summary>
/// Keeps on the disk which message went out at QoS 2 under which Packet Identifier, so that delivery stays exactly once over the end of the
/// process. Asked of messages that <see cref="MqttClient.TryPublish"/> took, by the token given there. After the process' end whoever made the store hands what it
/// kept to <see cref="MqttClient.Restore"/>; identifiers of which it knows nothing are released. MQTT 5.0 §4.1, §4.3.3.
/// <para>Called under the client's lock: neither blocks nor calls the client. What is not so at once is told later by
/// <see cref="MqttClient.Stored"/>.</para>
/// </summary>
public interface ISessionStore
{
    /// <summary>A message is about to leave for the first time, or once more as a new one: the server has lost the session in which it had arrived.</summary>
    /// <param name="packetIdentifier">Under this identifier.</param>
    /// <param name="token">The message's.</param>
    /// <returns>Whether it may leave now; false: once <see cref="MqttClient.Stored"/> says so, and none that follow before it.</returns>
    bool TryKeep(ushort packetIdentifier, long token);

    /// <summary>The server has the message (PUBREC): as long as it has the session, it must never again go out as a new one.</summary>
    /// <param name="packetIdentifier">Its identifier.</param>
    /// <param name="token">The message's.</param>
    /// <returns>Whether the server may be told to release it (PUBREL) now; false: once <see cref="MqttClient.Stored"/> says so.</returns>
    bool TryForget(ushort packetIdentifier, long token);
}
