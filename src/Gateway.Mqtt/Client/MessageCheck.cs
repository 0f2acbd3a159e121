using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Client;

/// <summary>Refuses what cannot be sent before it is taken, on the caller's own thread.</summary>
internal static class MessageCheck
{
    /// <exception cref="ArgumentException">The message names what MQTT forbids.</exception>
    public static void ThrowIfInvalid(ApplicationMessage message)
    {
        if (!TopicName.IsValid(message.Topic))
        {
            throw new ArgumentException($"'{message.Topic}' is no Topic Name: it is empty, too long, or has a wildcard, U+0000 or a lone surrogate.", nameof(message));
        }

        if (message.QoS > QualityOfService.ExactlyOnce)
        {
            throw new ArgumentException("The QoS is 0, 1 or 2.", nameof(message));
        }

        if (message.ResponseTopic is { } responseTopic && !TopicName.IsValid(responseTopic))
        {
            throw new ArgumentException($"The Response Topic '{responseTopic}' is no Topic Name.", nameof(message));
        }

        if (message.CorrelationData is { Length: > ushort.MaxValue })
        {
            throw new ArgumentException("The Correlation Data exceeds 65,535 bytes.", nameof(message));
        }

        CheckText(message.ContentType, "Content Type", nameof(message));
        foreach (var property in message.UserProperties)
        {
            CheckText(property.Name, "User Property name", nameof(message));
            CheckText(property.Value, "User Property value", nameof(message));
        }
    }

    private static void CheckText(string? text, string name, string parameter)
    {
        if (text is not null && (text.Contains('\0', StringComparison.Ordinal) || !TopicText.FitsInUtf8(text)))
        {
            throw new ArgumentException($"The {name} has U+0000, a lone surrogate or more than 65,535 bytes.", parameter);
        }
    }
}
