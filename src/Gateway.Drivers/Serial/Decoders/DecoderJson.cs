using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;

namespace Gateway.Drivers.Serial.Decoders;

/// <summary>
/// Writes values of a decoder as JSON, up to a length: the engine's own way takes the same list in many places for nothing, and writes it as often.
/// </summary>
internal static class DecoderJson
{
    /// <summary>How deep objects and lists may be within each other.</summary>
    public const int DepthLimit = 64;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The JSON; null: the value has none, such as a function.</summary>
    /// <exception cref="MemoryLimitExceededException">It is longer than <see cref="DecoderSandbox.LengthLimit"/> bytes.</exception>
    /// <exception cref="JavaScriptException">It is nested too deeply, within itself, or holds what JSON has no form for.</exception>
    public static ReadOnlyMemory<byte>? Write(Engine engine, JsValue value)
    {
        if (!HasForm(value))
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            Write(engine, writer, value, 0);
        }

        return buffer.WrittenMemory;
    }

    private static bool HasForm(JsValue value) => !value.IsUndefined() && !value.IsSymbol() && value is not Jint.Native.Function.Function;

    private static void Write(Engine engine, Utf8JsonWriter writer, JsValue value, int depth)
    {
        if (writer.BytesCommitted + writer.BytesPending + (value is JsString text ? text.Length : 0) > DecoderSandbox.LengthLimit)
        {
            throw new MemoryLimitExceededException("JSON");
        }

        switch (value)
        {
            case JsString:
                writer.WriteStringValue(value.AsString());
                break;
            case JsNumber when double.IsFinite(value.AsNumber()):
                writer.WriteRawValue(TypeConverter.ToString(value), skipInputValidation: true);
                break;
            case JsBoolean:
                writer.WriteBooleanValue(value.AsBoolean());
                break;
            case JsBigInt:
                throw new JavaScriptException(engine.Intrinsics.TypeError, "JSON has no form for a BigInt");
            case JsDate date:
                WriteDate(writer, date);
                break;
            case ObjectInstance _ when depth == DepthLimit:
                throw new JavaScriptException(engine.Intrinsics.TypeError, $"what is written as JSON is nested deeper than {DepthLimit}, or within itself");
            case ObjectInstance list when list.IsArray():
                WriteList(engine, writer, list, depth);
                break;
            case ObjectInstance other:
                WriteObject(engine, writer, other, depth);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static void WriteDate(Utf8JsonWriter writer, JsDate date)
    {
        try
        {
            writer.WriteStringValue(date.ToDateTime().ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is JavaScriptException or ArgumentOutOfRangeException)
        {
            writer.WriteNullValue(); // no date
        }
    }

    private static void WriteList(Engine engine, Utf8JsonWriter writer, ObjectInstance list, int depth)
    {
        writer.WriteStartArray();
        var length = TypeConverter.ToInteger(list.Get("length"));
        for (var i = 0; i < length; i++)
        {
            Write(engine, writer, list.Get(i) is var item && HasForm(item) ? item : JsValue.Null, depth + 1);
        }

        writer.WriteEndArray();
    }

    private static void WriteObject(Engine engine, Utf8JsonWriter writer, ObjectInstance value, int depth)
    {
        if (value.Get("toJSON") is Jint.Native.Function.Function)
        {
            throw new JavaScriptException(engine.Intrinsics.TypeError, "toJSON is not called in a decoder");
        }

        writer.WriteStartObject();
        foreach (var (key, property) in value.GetOwnProperties().ToArray())
        {
            if (property.Enumerable && key is JsString && value.Get(key) is var item && HasForm(item))
            {
                writer.WritePropertyName(key.AsString());
                Write(engine, writer, item, depth + 1);
            }
        }

        writer.WriteEndObject();
    }
}
