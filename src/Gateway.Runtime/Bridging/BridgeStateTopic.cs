using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Bridging;

/// <summary>The retained topic that tells at both brokers whether the bridge stands. Pure.</summary>
/// <param name="site">The first part of the topic.</param>
internal sealed class BridgeStateTopic(string site)
{
    private static readonly byte[] Connected = "connected"u8.ToArray();
    private static readonly byte[] Away = "away"u8.ToArray();

    /// <summary><c>{site}/$gateway/bridge</c> = <c>connected</c> or <c>away</c>.</summary>
    public ApplicationMessage Of(bool isConnected) => new()
    {
        Topic = $"{site}/$gateway/bridge",
        Payload = isConnected ? Connected : Away,
        QoS = QualityOfService.AtLeastOnce,
        Retain = true,
    };
}
