using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Gateway.Runtime.Publishing;

/// <content>Payloads of before a restart.</content>
public sealed partial class PayloadTemplate
{
    /// <summary>
    /// What <see cref="Write"/> wrote, with <c>stale</c> for <c>{quality}</c> and <c>restart</c> for <c>{reason}</c>; the same if it did not look
    /// fresh. Null if it was not written by this template, or this template does not tell the quality.
    /// </summary>
    public ReadOnlyMemory<byte>? MarkStale(ReadOnlyMemory<byte> payload)
    {
        var quality = Array.FindIndex(_segments, segment => segment.Name == "quality");
        if (quality < 0
            || Split(payload.Span) is not { } parts
            || StaleMark.LooksFresh(Encoding.UTF8.GetString(payload.Span[parts[quality]]).Trim('"')) is not { } isFresh)
        {
            return null;
        }

        if (!isFresh)
        {
            return payload;
        }

        var output = new ArrayBufferWriter<byte>(payload.Length + 32);
        foreach (var (segment, part) in _segments.Zip(parts))
        {
            var mark = segment.Name switch { "quality" => StaleMark.Stale, "reason" => StaleMark.Restart, _ => null };
            output.Write(mark is null ? payload.Span[part] : Encoding.UTF8.GetBytes(segment.IsText ? mark : $"\"{mark}\""));
        }

        return output.WrittenMemory;
    }

    // What stands for each segment.
    private List<Range>? Split(ReadOnlySpan<byte> payload)
    {
        List<Range> parts = [];
        var at = 0;
        for (var i = 0; i < _segments.Length; i++)
        {
            if (MeasurePart(i, payload[at..]) is not { } length)
            {
                return null;
            }

            parts.Add(at..(at + length));
            at += length;
        }

        return at == payload.Length ? parts : null;
    }

    // Null: it cannot be told where it ends.
    private int? MeasurePart(int index, ReadOnlySpan<byte> rest)
    {
        var segment = _segments[index];
        if (segment.Literal is { } literal)
        {
            return rest.StartsWith(literal) ? literal.Length : null;
        }

        if (segment.IsText)
        {
            return index + 1 < _segments.Length && _segments[index + 1].Literal is { } next && rest.IndexOf(next) is >= 0 and var end ? end : null;
        }

        try
        {
            var json = new Utf8JsonReader(rest, isFinalBlock: false, default);
            return json.Read() && json.TrySkip() ? (int)json.BytesConsumed : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
