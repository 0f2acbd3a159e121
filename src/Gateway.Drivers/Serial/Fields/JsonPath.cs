using System.Globalization;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Fields;

/// <summary>The way to a value in a JSON text: <c>sensor.values[0]</c>. Immutable.</summary>
/// <param name="Steps">Names, and indexes as numbers.</param>
internal sealed record JsonPath(IReadOnlyList<object> Steps)
{
    /// <summary>Reads a path; null if the text is none.</summary>
    public static JsonPath? Parse(string text)
    {
        var steps = new List<object>();
        foreach (var part in text.Split('.'))
        {
            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? part : part[..bracket];
            if (name.Length > 0)
            {
                steps.Add(name);
            }
            else if (bracket < 0 || steps.Count > 0)
            {
                return null;
            }

            foreach (var index in bracket < 0 ? [] : part[(bracket + 1)..].Split('['))
            {
                if (!index.EndsWith(']') || !int.TryParse(index[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    return null;
                }

                steps.Add(number);
            }
        }

        return new JsonPath(steps);
    }

    /// <summary>What the value at the end of the way is for a point; null if the way leads nowhere. Never throws.</summary>
    public DecodedValue? Read(JsonElement root, PointDefinition point, TextKind kind)
    {
        try
        {
            return Find(root) is { } value ? Decode(point, value, kind) : null;
        }
        catch (InvalidOperationException)
        {
            // Texts and names are read when they are asked for: with a lone surrogate, or bytes that are no UTF-8, they are none.
            return DecodedValue.Bad(point, SerialReasons.NotAText);
        }
    }

    private JsonElement? Find(JsonElement root)
    {
        var at = root;
        foreach (var step in Steps)
        {
            if (step is string name)
            {
                if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                {
                    return null;
                }
            }
            else if (at.ValueKind == JsonValueKind.Array && (int)step < at.GetArrayLength())
            {
                at = at[(int)step];
            }
            else
            {
                return null;
            }
        }

        return at;
    }

    private static DecodedValue Decode(PointDefinition point, JsonElement value, TextKind kind) => value.ValueKind switch
    {
        JsonValueKind.String => TextValue.Decode(point, value.GetString()!, kind == TextKind.Number ? kind : TextKind.Text),
        JsonValueKind.True or JsonValueKind.False => DecodedValue.Good(point, PointValue.From(value.GetBoolean())),
        JsonValueKind.Number when kind == TextKind.Text => DecodedValue.Good(point, PointValue.From(value.GetRawText())),
        JsonValueKind.Number => DecodedValue.Good(point, Number(value)),
        JsonValueKind.Null => DecodedValue.Bad(point, SerialReasons.NoValue),
        _ => DecodedValue.Bad(point, SerialReasons.NotANumber),
    };

    private static PointValue Number(JsonElement value) =>
        value.TryGetInt64(out var whole) ? PointValue.From(whole)
        : value.TryGetDecimal(out var number) && number != 0 ? PointValue.From(number)
        : PointValue.From(value.GetDouble());
}

/// <summary>A value of a frame that is a JSON text.</summary>
internal sealed record JsonField(JsonPath Path, TextKind Kind) : IField
{
    public DecodedValue? Read(FrameView frame, PointDefinition point) =>
        frame.Json is { } root ? Path.Read(root, point, Kind) : null;
}

/// <summary>A column of a frame that is a line of them, from 1.</summary>
internal sealed record ColumnField(int Column, TextKind Kind) : IField
{
    public DecodedValue? Read(FrameView frame, PointDefinition point) =>
        Column <= frame.Columns.Count ? TextValue.Decode(point, frame.Columns[Column - 1], Kind) : null;
}
