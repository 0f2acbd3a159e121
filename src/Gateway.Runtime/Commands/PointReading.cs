using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Commands;

/// <summary>A point with its newest value, as the command line shows it.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Point">The point's name.</param>
/// <param name="Value">The value; <see cref="PointValue.None"/> if there is none.</param>
/// <param name="Unit">Its unit of measurement.</param>
/// <param name="Quality">good, uncertain, bad or stale; null if it was not read yet.</param>
/// <param name="Reason">Why it is not good.</param>
/// <param name="Time">When it was acquired, UTC.</param>
/// <param name="IsWritable">Whether commands may write it.</param>
public sealed record PointReading(
    string Device,
    string Point,
    [property: JsonConverter(typeof(PointValueConverter))] PointValue Value,
    string? Unit,
    string? Quality,
    string? Reason,
    DateTimeOffset? Time,
    bool IsWritable)
{
    /// <summary>What may be written; null: nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WritableValue? Write { get; init; }

    internal static PointReading Of(PointDefinition point, in Measurement? last) => new(
        point.DeviceName,
        point.Name,
        last?.Value ?? PointValue.None,
        point.Unit,
        last is null ? null : PayloadWriter.NameOf(last.Value.Quality),
        last?.Reason,
        last?.Time,
        point.Writable)
    {
        Write = point.Writable ? WritableValue.Of(point) : null,
    };
}

/// <summary>What commands may write to a point.</summary>
/// <param name="Kind">bit, number, text, choice or unknown.</param>
/// <param name="Choices">The texts of a choice; null: it is none.</param>
/// <param name="Minimum">The smallest number; null: the map names none.</param>
/// <param name="Maximum">The largest number; null: the map names none.</param>
public sealed record WritableValue(string Kind, IReadOnlyList<string>? Choices, decimal? Minimum, decimal? Maximum)
{
    // Points are described several times a second for whoever follows them.
    private static readonly ConditionalWeakTable<PointDefinition, WritableValue> Known = [];

    internal static WritableValue Of(PointDefinition point) => Known.GetValue(point, static definition => Describe(definition));

    private static WritableValue Describe(PointDefinition point) => new(
        PointContents.Of(point) switch
        {
            PointContent.Bit => "bit",
            PointContent.Number => "number",
            PointContent.Choice => "choice",
            PointContent.Text => "text",
            _ => "unknown",
        },
        point.Enumeration?.Values.ToList(),
        point.WriteMinimum ?? point.Minimum,
        point.WriteMaximum ?? point.Maximum);
}
