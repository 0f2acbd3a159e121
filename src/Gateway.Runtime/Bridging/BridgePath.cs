using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Bridging;

/// <summary>
/// The bridges that a message has passed, as User Properties <c>bridge</c> (MQTT 5.0): a bridge that finds itself there has had the
/// message before. So messages end in a ring of bridges, however many they are. Pure.
/// </summary>
/// <param name="bridge">The client identifier of this bridge.</param>
internal sealed class BridgePath(string bridge)
{
    private const string Name = "bridge";

    private readonly UserProperty _self = new(Name, bridge);

    /// <summary>Whether the message has passed any bridge.</summary>
    public static bool IsOnAny(ApplicationMessage message) => message.UserProperties.Any(property => property.Name == Name);

    /// <summary>Whether the message was here before.</summary>
    public bool IsOn(ApplicationMessage message) => message.UserProperties.Contains(_self);

    /// <summary>The same message with this bridge on its path.</summary>
    public ApplicationMessage Extend(ApplicationMessage message) => message with { UserProperties = [.. message.UserProperties, _self] };
}
