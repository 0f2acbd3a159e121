using System.Text;

namespace Gateway.Mqtt.Topics;

/// <summary>Text that must fit an MQTT UTF-8 Encoded String. MQTT 5.0 §1.5.4.</summary>
internal static class TopicText
{
    /// <summary>True if the text has no lone surrogate and at most 65,535 bytes in UTF-8.</summary>
    public static bool FitsInUtf8(ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text))
        {
            return text.Length <= TopicName.MaximumLength;
        }

        var bytes = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            bytes += rune.Utf8SequenceLength;
            text = text[consumed..];
        }

        return bytes <= TopicName.MaximumLength;
    }
}
