using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Runtime.Publishing;

/// <summary>Makes of a reading that was true before a restart one that says so. Pure.</summary>
public static class StaleMark
{
    /// <summary>The reason for it.</summary>
    internal const string Restart = "restart";

    /// <summary>The quality that it gets.</summary>
    internal const string Stale = "stale";

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The payload with quality <c>stale</c>, and reason <c>restart</c> where there is a place for it, all else as it was; the same payload if
    /// it does not look fresh. A message of a whole device in JSON, which has no quality of its own, gets one. Null: it has no place for
    /// a quality, and nobody could tell it from a fresh one.
    /// </summary>
    /// <param name="payload">What was published, in whatever form: the configuration may have changed since.</param>
    /// <param name="template">The form of the user's; null: there is none.</param>
    public static ReadOnlyMemory<byte>? Apply(ReadOnlyMemory<byte> payload, PayloadTemplate? template = null) =>
        ApplyToJson(payload) ?? template?.MarkStale(payload) ?? InfluxLines.MarkStale(payload);

    /// <summary>Whether a quality looks fresh; null if it is none.</summary>
    internal static bool? LooksFresh(string? quality) => quality switch
    {
        "good" or "uncertain" => true,
        "bad" or Stale => false,
        _ => null,
    };

    private static ReadOnlyMemory<byte>? ApplyToJson(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            if (LooksFresh(document.RootElement) is not { } isFresh)
            {
                return null;
            }

            return isFresh ? Write(document.RootElement) : payload;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            // The latter two: the parser lets halves of characters pass until somebody wants the text.
            return null;
        }
    }

    // Null: it is not what PayloadWriter writes.
    private static bool? LooksFresh(JsonElement reading)
    {
        if (reading.ValueKind != JsonValueKind.Object || !reading.TryGetProperty("time"u8, out _) || !reading.TryGetProperty("id"u8, out _))
        {
            return null;
        }

        return reading.TryGetProperty("quality"u8, out var quality)
            ? LooksFresh(quality.ValueKind == JsonValueKind.String ? quality.GetString() : null)
            : reading.TryGetProperty("values"u8, out _) ? true : null;
    }

    private static byte[] Write(JsonElement reading)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output, Json))
        {
            json.WriteStartObject();
            var isMarked = false;
            foreach (var member in reading.EnumerateObject())
            {
                if (member.NameEquals("quality"u8))
                {
                    WriteMark(json);
                    isMarked = true;
                }
                else if (!member.NameEquals("reason"u8))
                {
                    member.WriteTo(json);
                }
            }

            if (!isMarked)
            {
                WriteMark(json);
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteMark(Utf8JsonWriter json)
    {
        json.WriteString("quality"u8, Stale);
        json.WriteString("reason"u8, Restart);
    }
}
