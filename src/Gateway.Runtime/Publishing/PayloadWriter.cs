using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Publishing;

/// <summary>Writes measurements as payloads. Pure.</summary>
public static class PayloadWriter
{
    /// <summary>What is said of a clock that is not synchronised.</summary>
    public const string Unsynchronised = "unsynchronised";

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // A writer costs more than most of what it writes: each thread keeps one, for one payload at a time.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary><c>{"value":21.5,"time":"2026-11-22T01:02:03.004Z","quality":"good","unit":"°C","id":"plant1-17-000123"}</c>, for backlog with <c>"backlog":true</c>, with <c>"clock":"unsynchronised"</c> where the time cannot be believed.</summary>
    public static void WriteJson(IBufferWriter<byte> output, in Measurement measurement, string id, bool isBacklog = false, bool isUnsynchronised = false)
    {
        var json = Begin(output);
        json.WriteStartObject();
        json.WritePropertyName("value"u8);
        WriteValue(json, measurement.Value);
        WriteTime(json, measurement.Time, isUnsynchronised);
        json.WriteString("quality"u8, NameOf(measurement.Quality));
        if (measurement.Reason is not null)
        {
            json.WriteString("reason"u8, measurement.Reason);
        }

        if (measurement.Unit is not null)
        {
            json.WriteString("unit"u8, measurement.Unit);
        }

        WriteId(json, id, isBacklog);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary><c>{"time":…,"id":…,"values":{"flow":21.5},"errors":{"x":"timeout"}}</c>: one poll of a device, marked as <see cref="WriteJson"/> does.</summary>
    public static void WriteDeviceJson(IBufferWriter<byte> output, IReadOnlyCollection<Measurement> measurements, string id, bool isBacklog = false, bool isUnsynchronised = false)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        var json = Begin(output);
        json.WriteStartObject();
        WriteTime(json, measurements.Count == 0 ? DateTimeOffset.UnixEpoch : measurements.First().Time, isUnsynchronised);
        WriteId(json, id, isBacklog);
        json.WritePropertyName("values"u8);
        WriteValues(json, measurements);
        if (measurements.Any(measurement => IsMissing(measurement, isOfDevice: true)))
        {
            json.WritePropertyName("errors"u8);
            WriteErrors(json, measurements);
        }

        json.WriteEndObject();
        json.Flush();
    }

    /// <summary><c>{"flow":21.5}</c>: the values of one poll of a device.</summary>
    public static void WriteValues(Utf8JsonWriter json, IReadOnlyCollection<Measurement> measurements)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(measurements);
        json.WriteStartObject();
        foreach (var measurement in measurements.Where(m => !IsMissing(m, isOfDevice: true)))
        {
            json.WritePropertyName(measurement.Point);
            WriteValue(json, measurement.Value);
        }

        json.WriteEndObject();
    }

    /// <summary><c>{"x":"timeout"}</c>: why points have no value in one poll of a device.</summary>
    public static void WriteErrors(Utf8JsonWriter json, IReadOnlyCollection<Measurement> measurements)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(measurements);
        json.WriteStartObject();
        foreach (var measurement in measurements.Where(m => IsMissing(m, isOfDevice: true)))
        {
            json.WriteString(measurement.Point, measurement.Reason ?? "bad");
        }

        json.WriteEndObject();
    }

    /// <summary>The bare value, <c>21.5</c>; a list as JSON, nothing if the read failed.</summary>
    public static void WriteBareValue(IBufferWriter<byte> output, in PointValue value)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (value.Kind is PointValueKind.Text or PointValueKind.List)
        {
            Encoding.UTF8.GetBytes(value.ToString(), output);
            return;
        }

        Span<char> text = stackalloc char[64];
        value.TryFormat(text, out var length);
        Encoding.UTF8.GetBytes(text[..length], output);
    }

    /// <summary>A value as JSON; a number as the shortest text that reads back the same.</summary>
    public static void WriteValue(Utf8JsonWriter json, in PointValue value)
    {
        ArgumentNullException.ThrowIfNull(json);
        switch (value.Kind)
        {
            case PointValueKind.None:
                json.WriteNullValue();
                break;
            case PointValueKind.Boolean:
                json.WriteBooleanValue(value.AsBoolean);
                break;
            case PointValueKind.Text:
                json.WriteStringValue(value.AsText);
                break;
            case PointValueKind.List:
                json.WriteRawValue(value.ToString(), skipInputValidation: true);
                break;
            default:
                Span<char> text = stackalloc char[64];
                value.TryFormat(text, out var length);
                json.WriteRawValue(text[..length], skipInputValidation: true);
                break;
        }
    }

    /// <summary>The name under which a quality is published.</summary>
    public static string NameOf(Quality quality) => quality switch
    {
        Quality.Good => "good",
        Quality.Uncertain => "uncertain",
        Quality.Bad => "bad",
        _ => "stale",
    };

    /// <summary>A time as it is published: UTC to the millisecond, <c>2026-11-22T01:02:03.004Z</c>.</summary>
    public static string FormatTime(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A writer of relaxed JSON that checks nothing, the thread's own: one payload, or one piece of it, at a time.</summary>
    internal static Utf8JsonWriter Begin(IBufferWriter<byte> output)
    {
        _writer ??= new Utf8JsonWriter(output, Json);
        _writer.Reset(output);
        return _writer;
    }

    // A stale value has a time of its own, which one message for all has no place for.
    internal static bool IsMissing(in Measurement measurement, bool isOfDevice) =>
        isOfDevice ? measurement.Quality is Quality.Bad or Quality.Stale : measurement.Value.Kind == PointValueKind.None;

    private static void WriteId(Utf8JsonWriter json, string id, bool isBacklog)
    {
        json.WriteString("id"u8, id);
        if (isBacklog)
        {
            json.WriteBoolean("backlog"u8, true);
        }
    }

    private static void WriteTime(Utf8JsonWriter json, DateTimeOffset time, bool isUnsynchronised)
    {
        // The round-trip form has four digits more before the Z, and takes a fifth of the time of one that is described.
        Span<byte> text = stackalloc byte[28];
        time.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[23] = (byte)'Z';
        json.WriteString("time"u8, text[..24]);
        if (isUnsynchronised)
        {
            json.WriteString("clock"u8, Unsynchronised);
        }
    }
}
