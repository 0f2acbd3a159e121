using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Hosting;

/// <summary>
/// One line of JSON per log entry, for programs: <c>time</c> (UTC), <c>level</c>, <c>event</c>, <c>category</c>, <c>message</c>, <c>exception</c> where
/// there is one, and what the entry is about, such as <c>bus</c>, <c>device</c>, <c>point</c> and <c>unit</c>, each by its own name.
/// </summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class JsonLineFormatter(TimeProvider timeProvider) : ConsoleFormatter(FormatterName)
{
    /// <summary>The name under which the console logger finds the formatter.</summary>
    public const string FormatterName = "json-line";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("time", timeProvider.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("level", LineFormatter.NameOf(logEntry.LogLevel));
            writer.WriteNumber("event", logEntry.EventId.Id);
            writer.WriteString("category", logEntry.Category);
            writer.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            if (logEntry.Exception is { } exception)
            {
                writer.WriteString("exception", exception.ToString());
            }

            var fields = logEntry.State as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
            foreach (var (name, value) in fields)
            {
                if (value is not null && name is not ("{OriginalFormat}" or "Time" or "Level" or "Event" or "Category" or "Message" or "Exception"))
                {
                    Write(writer, JsonNamingPolicy.CamelCase.ConvertName(name), value);
                }
            }

            writer.WriteEndObject();
        }

        textWriter.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        textWriter.Write('\n');
    }

    private static void Write(Utf8JsonWriter writer, string name, object? value)
    {
        switch (value)
        {
            case bool flag:
                writer.WriteBoolean(name, flag);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                writer.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case decimal number:
                writer.WriteNumber(name, number);
                break;
            case double number when double.IsFinite(number):
                writer.WriteNumber(name, number);
                break;
            default:
                writer.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
