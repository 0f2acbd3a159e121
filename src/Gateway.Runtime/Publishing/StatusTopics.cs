using System.Text;
using System.Text.Json;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Polling;

namespace Gateway.Runtime.Publishing;

/// <summary>The retained topics that tell who is online. Pure.</summary>
/// <param name="site">The first part of each topic.</param>
public sealed class StatusTopics(string site)
{
    private static readonly byte[] Online = "online"u8.ToArray();
    private static readonly byte[] Offline = "offline"u8.ToArray();

    /// <summary>Of the gateway itself; its Will goes there too.</summary>
    public string GatewayTopic => $"{site}/$gateway/status";

    /// <summary>Of a device: <c>{site}/{device}/$status</c></summary>
    public string DeviceTopic(string device) => $"{site}/{device}/$status";

    /// <summary><c>{site}/$gateway/status</c> = <c>online</c> or <c>offline</c>.</summary>
    public ApplicationMessage OfGateway(bool isOnline) => Retained(GatewayTopic, isOnline ? Online : Offline);

    /// <summary><c>{site}/$gateway/clock</c> = <c>synchronised</c> or <c>unsynchronised</c></summary>
    public ApplicationMessage OfClock(bool isSynchronised) =>
        Retained($"{site}/$gateway/clock", Encoding.UTF8.GetBytes(isSynchronised ? "synchronised" : PayloadWriter.Unsynchronised));

    /// <summary><c>{site}/{device}/$status</c> and <c>{site}/{device}/$state</c> with since and reason.</summary>
    /// <param name="device">The device.</param>
    /// <param name="state">Its state.</param>
    /// <param name="isUnsynchronised">Whether the time since when cannot be believed.</param>
    public IReadOnlyList<ApplicationMessage> OfDevice(string device, DeviceState state, bool isUnsynchronised = false)
    {
        ArgumentNullException.ThrowIfNull(state);
        var reason = state.Reason is null ? "" : $",\"reason\":\"{JsonEncodedText.Encode(state.Reason)}\"";
        var clock = isUnsynchronised ? $",\"clock\":\"{PayloadWriter.Unsynchronised}\"" : "";
        var json = $$"""{"status":"{{(state.IsOnline ? "online" : "offline")}}","since":"{{PayloadWriter.FormatTime(state.Since)}}"{{clock}}{{reason}}}""";
        return [Retained(DeviceTopic(device), state.IsOnline ? Online : Offline), Retained($"{site}/{device}/$state", Encoding.UTF8.GetBytes(json))];
    }

    /// <summary>Empty messages that make brokers forget a device that is no longer polled.</summary>
    public IReadOnlyList<ApplicationMessage> Forget(string device) => [Retained(DeviceTopic(device), []), Retained($"{site}/{device}/$state", [])];

    private static ApplicationMessage Retained(string topic, byte[] payload) =>
        new() { Topic = topic, Payload = payload, QoS = QualityOfService.AtLeastOnce, Retain = true };
}
