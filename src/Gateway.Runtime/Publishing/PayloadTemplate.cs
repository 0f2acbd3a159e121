using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.DeviceMaps.Schema;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// A payload of the user's: JSON in whose texts placeholders stand. A text that is nothing but one, as in <c>{"v":"{value}"}</c>, becomes what
/// that is, a number, a bit or null; within a longer text, and in a name, it becomes text. <c>{{</c> and <c>}}</c> are braces. Immutable.
/// </summary>
public sealed partial class PayloadTemplate
{
    /// <summary>The longest template, in characters.</summary>
    public const int LongestText = 16_384;

    private const int DeepestNesting = 16;

    private static readonly string[] OfBoth = ["site", "device", "time", "time_ms", "id", "backlog", "clock"];
    private static readonly string[] OfPoint = ["value", "unit", "quality", "reason", "point"];
    private static readonly string[] OfDevice = ["values", "errors"];
    private static readonly JavaScriptEncoder Escaping = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private readonly Segment[] _segments;

    private PayloadTemplate(Segment[] segments) => _segments = segments;

    /// <summary>The placeholders of a template, in braces.</summary>
    public static IReadOnlyList<string> PlaceholdersOf(PublishUnit per) =>
        [.. (per == PublishUnit.Device ? OfDevice.Concat(OfBoth) : OfPoint.Concat(OfBoth)).Select(name => $"{{{name}}}")];

    /// <summary>Reads a template.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="per">What a message is about: of a device there are <c>{values}</c> and <c>{errors}</c>, of a point <c>{value}</c> and what belongs to it.</param>
    /// <param name="error">What is wrong with it, the rest of a sentence that begins with its name; null if nothing is.</param>
    /// <returns>The template; null if it cannot be used.</returns>
    public static PayloadTemplate? Parse(string text, PublishUnit per, out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LongestText)
        {
            error = $"must have at most {LongestText} characters, found {text.Length}";
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = DeepestNesting });
            var builder = new Builder(per);
            builder.Add(document.RootElement);
            error = builder.Error;
            return error is null ? new PayloadTemplate(builder.Build()) : null;
        }
        catch (JsonException fault)
        {
            var place = fault.LineNumber > 0 ? $"line {fault.LineNumber + 1}, " : "";
            error = $"must be JSON with placeholders in quotes, such as {Example(per)}; it is none from {place}character {fault.BytePositionInLine + 1} on";
            return null;
        }
    }

    /// <summary>Writes the payload of a record.</summary>
    public void Write(IBufferWriter<byte> output, in PayloadContext context)
    {
        ArgumentNullException.ThrowIfNull(output);
        foreach (var segment in _segments)
        {
            if (segment.Literal is { } literal)
            {
                output.Write(literal);
            }
            else if (segment.IsText)
            {
                Encoding.UTF8.GetBytes(Escaping.Encode(TextOf(segment.Name!, context)), output);
            }
            else
            {
                WriteTyped(output, segment.Name!, context);
            }
        }
    }

    private static string Example(PublishUnit per) => per == PublishUnit.Device ? "{\"at\":\"{time}\",\"data\":\"{values}\"}" : "{\"v\":\"{value}\",\"at\":\"{time}\"}";

    private static string TextOf(string name, in PayloadContext context) => name switch
    {
        "site" => context.Site,
        "device" => context.Device,
        "time" => PayloadWriter.FormatTime(context.Time),
        "time_ms" => $"{context.Time.ToUnixTimeMilliseconds()}",
        "id" => context.Id,
        "backlog" => context.IsBacklog ? "true" : "false",
        "clock" => context.IsUnsynchronised ? PayloadWriter.Unsynchronised : "",
        "value" => context.Measurements[0].Value.ToString(),
        "unit" => context.Measurements[0].Unit ?? "",
        "quality" => PayloadWriter.NameOf(context.Measurements[0].Quality),
        "reason" => context.Measurements[0].Reason ?? "",
        "point" => context.Measurements[0].Point,
        _ => throw new ArgumentException($"'{name}' is no text.", nameof(name)),
    };

    private static void WriteTyped(IBufferWriter<byte> output, string name, in PayloadContext context)
    {
        var json = PayloadWriter.Begin(output);
        switch (name)
        {
            case "value":
                PayloadWriter.WriteValue(json, context.Measurements[0].Value);
                break;
            case "values":
                PayloadWriter.WriteValues(json, context.Measurements);
                break;
            case "errors":
                PayloadWriter.WriteErrors(json, context.Measurements);
                break;
            case "time_ms":
                json.WriteNumberValue(context.Time.ToUnixTimeMilliseconds());
                break;
            case "backlog":
                json.WriteBooleanValue(context.IsBacklog);
                break;
            case "unit" or "reason" or "clock" when TextOf(name, context).Length == 0:
                json.WriteNullValue();
                break;
            default:
                json.WriteStringValue(TextOf(name, context));
                break;
        }

        json.Flush();
    }

    /// <summary>A piece of the payload: bytes, or a placeholder, whose text stands within a text, or whose value stands for itself.</summary>
    private sealed record Segment(byte[]? Literal, string? Name, bool IsText);

    private sealed class Builder(PublishUnit per)
    {
        private readonly List<Segment> _segments = [];
        private readonly StringBuilder _literal = new();
        private readonly string[] _known = [.. per == PublishUnit.Device ? OfDevice : OfPoint, .. OfBoth];
        private bool _hasReading;

        public string? Error { get; private set; }

        public Segment[] Build()
        {
            Flush();
            return [.. _segments];
        }

        public void Add(JsonElement root)
        {
            AddElement(root);
            if (Error is null && !_hasReading)
            {
                Error = per == PublishUnit.Device ? "needs '{values}': without it no reading would be sent" : "needs '{value}': without it no reading would be sent";
            }
        }

        private void AddElement(JsonElement element)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    _literal.Append('{');
                    var isFirst = true;
                    foreach (var member in element.EnumerateObject())
                    {
                        _literal.Append(isFirst ? "" : ",");
                        AddText(member.Name);
                        _literal.Append(':');
                        AddElement(member.Value);
                        isFirst = false;
                    }

                    _literal.Append('}');
                    break;
                case JsonValueKind.Array:
                    _literal.Append('[');
                    for (var i = 0; i < element.GetArrayLength(); i++)
                    {
                        _literal.Append(i == 0 ? "" : ",");
                        AddElement(element[i]);
                    }

                    _literal.Append(']');
                    break;
                case JsonValueKind.String:
                    AddString(element.GetString()!);
                    break;
                default:
                    _literal.Append(element.GetRawText());
                    break;
            }
        }

        private void AddString(string text)
        {
            if (text is ['{', .. var name, '}'] && _known.Contains(name))
            {
                AddPlaceholder(name, isText: false);
                return;
            }

            AddText(text);
        }

        private void AddText(string text)
        {
            _literal.Append('"');
            for (var at = 0; at < text.Length;)
            {
                var next = text.AsSpan(at).IndexOfAny('{', '}');
                var end = next < 0 ? text.Length : at + next;
                _literal.Append(Escaping.Encode(text[at..end]));
                at = end < text.Length ? AddBrace(text, end) : end;
            }

            _literal.Append('"');
        }

        // What stands at a brace: two of them, or a placeholder. Gives the place behind it.
        private int AddBrace(string text, int at)
        {
            if (at + 1 < text.Length && text[at + 1] == text[at])
            {
                _literal.Append(text[at]);
                return at + 2;
            }

            var end = text.IndexOf('}', at);
            if (text[at] == '}' || end < 0)
            {
                Error ??= $"has a '{text[at]}' of its own in '{text}'; write it twice, '{text[at]}{text[at]}', where it is no placeholder";
                return text.Length;
            }

            var name = text[(at + 1)..end];
            if (!_known.Contains(name))
            {
                Error ??= $"knows the placeholders {string.Join(", ", _known.Select(known => $"{{{known}}}"))}, found '{{{name}}}'{NearMiss.Suggest(name, _known)}";
            }
            else if (name is "values" or "errors")
            {
                Error ??= $"has '{{{name}}}' within '{text}': it is an object, and stands alone in its quotes";
            }

            AddPlaceholder(name, isText: true);
            return end + 1;
        }

        private void AddPlaceholder(string name, bool isText)
        {
            _hasReading |= name is "value" or "values";
            Flush();
            _segments.Add(new Segment(null, name, isText));
        }

        private void Flush()
        {
            if (_literal.Length > 0)
            {
                _segments.Add(new Segment(Encoding.UTF8.GetBytes(_literal.ToString()), null, IsText: false));
                _literal.Clear();
            }
        }
    }
}
