using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Abstractions;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Commands;

/// <summary>A value as JSON, in the form in which it is published.</summary>
public sealed class PointValueConverter : JsonConverter<PointValue>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override PointValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return Convert(document.RootElement);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PointValue value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        PayloadWriter.WriteValue(writer, value);
    }

    private static PointValue Convert(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            return PointValue.From([.. element.EnumerateArray().Select(Convert)]);
        }

        return CommandPayload.TryConvert(element, out var value) ? value : PointValue.None;
    }
}
