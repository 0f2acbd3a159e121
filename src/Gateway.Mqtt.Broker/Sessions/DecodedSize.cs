using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>What decoded packets take in memory, bytes: of short texts many times what they were on the wire.</summary>
internal static class DecodedSize
{
    // .NET's: header, type, length and final zero of a text, rounded up; and an element of a list that may be half empty.
    private const int TextOverhead = 28;
    private const int PropertyOverhead = 32;

    /// <summary>Of what is kept of a CONNECT; null: 0.</summary>
    public static long Of(ConnectPacket? connect) => connect is null ? 0
        : Of(connect.ClientIdentifier) + Of(connect.UserName) + Of(connect.Password) + Of(connect.AuthenticationMethod)
            + Of(connect.AuthenticationData) + (connect.Will is { } will ? Of(will.Message) : 0);

    public static long Of(ReadOnlyMemory<byte>? bytes) => bytes?.Length ?? 0;

    private static long Of(string? text) => text is null ? 0 : TextOverhead + (text.Length * 2L);

    private static long Of(ApplicationMessage message)
        => Of(message.Topic) + Of(message.Payload) + Of(message.ContentType) + Of(message.ResponseTopic) + Of(message.CorrelationData)
            + message.UserProperties.Sum(property => PropertyOverhead + Of(property.Name) + Of(property.Value));
}
