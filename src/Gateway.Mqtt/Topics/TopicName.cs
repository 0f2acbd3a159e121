using System.Numerics;
using System.Text.Unicode;

namespace Gateway.Mqtt.Topics;

/// <summary>Topic Names: what a message is published to. MQTT 5.0 §4.7.</summary>
public static class TopicName
{
    /// <summary>The longest topic, bytes of UTF-8. MQTT 5.0 §4.7.3.</summary>
    public const int MaximumLength = 65_535;

    /// <summary>Whether these bytes are a Topic Name: well-formed UTF-8, not empty, no wildcard, no U+0000.</summary>
    /// <param name="topic">UTF-8.</param>
    public static bool IsValid(ReadOnlySpan<byte> topic) =>
        topic.Length is > 0 and <= MaximumLength && !topic.ContainsAny("+#\0"u8) && Utf8.IsValid(topic);

    /// <summary>Whether this text is a Topic Name; lone surrogates are not.</summary>
    /// <param name="topic">UTF-16.</param>
    public static bool IsValid(ReadOnlySpan<char> topic) =>
        topic.Length > 0 && !topic.ContainsAny('+', '#', '\0') && TopicText.FitsInUtf8(topic);

    internal static bool StartsWithDollar<T>(ReadOnlySpan<T> topic)
        where T : unmanaged, IBinaryInteger<T> => topic.Length > 0 && topic[0] == T.CreateTruncating('$');
}
