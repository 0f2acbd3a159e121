using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Commands;

/// <summary>Commands as people send them, and the answers. Pure.</summary>
public static class CommandPayload
{
    /// <summary>The longest command: 64 kB.</summary>
    public const int LongestCommand = 64 * 1024;

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// A command that stays as it is when the broker uses its buffers again. Of one that is too long only so much is kept that it is
    /// refused for that.
    /// </summary>
    internal static ApplicationMessage Copy(ApplicationMessage command) => command with
    {
        Payload = command.Payload[..Math.Min(command.Payload.Length, LongestCommand + 1)].ToArray(),
        CorrelationData = command.CorrelationData is { } data ? data.ToArray() : (ReadOnlyMemory<byte>?)null,
    };

    /// <summary>
    /// Reads a command: a bare value (<c>21.5</c>, <c>true</c>, <c>eco</c>) or <c>{"value":21.5}</c>. What is not JSON is a text.
    /// False with a sentence for people if it is neither.
    /// </summary>
    public static bool TryParse(ReadOnlySequence<byte> payload, out PointValue value, out string? error)
    {
        value = PointValue.None;
        if (payload.Length is 0 or > LongestCommand)
        {
            error = payload.IsEmpty ? "the command is empty; send a value" : $"the command is longer than {LongestCommand} bytes";
            return false;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 4 });
        }
        catch (JsonException)
        {
            return TryParseText(payload, ref value, out error);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("value", out root))
            {
                error = "the command has no \"value\"; send a bare value or {\"value\":…}";
                return false;
            }

            error = TryConvert(root, out value) ? null : "the command's value must be a number, a text, true or false";
            return error is null;
        }
    }

    /// <summary><c>{"ok":true,"value":…}</c></summary>
    public static byte[] Succeeded(in PointValue value)
    {
        var output = new ArrayBufferWriter<byte>(64);
        using (var json = new Utf8JsonWriter(output, Json))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok"u8, true);
            json.WritePropertyName("value"u8);
            PayloadWriter.WriteValue(json, value);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether an answer is one of <see cref="Succeeded"/>.</summary>
    internal static bool IsSuccess(ReadOnlySpan<byte> answer) => answer.StartsWith("{\"ok\":true,"u8);

    /// <summary><c>{"ok":false,"error":"…"}</c></summary>
    public static byte[] Failed(string error)
    {
        var output = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(output, Json))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok"u8, false);
            json.WriteString("error"u8, error);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static bool TryParseText(in ReadOnlySequence<byte> payload, ref PointValue value, out string? error)
    {
        try
        {
            value = PointValue.From(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(payload).Trim());
            error = null;
            return true;
        }
        catch (ArgumentException)
        {
            error = "the command is neither JSON nor UTF-8 text";
            return false;
        }
    }

    // JSON is checked as bytes: of a text it shows only here whether it is one, as half of a character outside the basic plane is none.
    private static bool TryGetText(JsonElement element, out PointValue value)
    {
        try
        {
            value = PointValue.From(element.GetString()!);
            return true;
        }
        catch (InvalidOperationException)
        {
            value = PointValue.None;
            return false;
        }
    }

    internal static bool TryConvert(JsonElement element, out PointValue value)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                value = PointValue.From(element.GetBoolean());
                return true;
            case JsonValueKind.String:
                return TryGetText(element, out value);
            case JsonValueKind.Number:
                value = element.TryGetInt64(out var whole) ? PointValue.From(whole)
                    : element.TryGetUInt64(out var unsigned) ? PointValue.From(unsigned)
                    : element.TryGetDecimal(out var number) ? PointValue.From(number)
                    : PointValue.From(element.GetDouble());
                return value.Kind != PointValueKind.Double || double.IsFinite(value.AsDouble); // 1e999
            default:
                value = PointValue.None;
                return false;
        }
    }
}
