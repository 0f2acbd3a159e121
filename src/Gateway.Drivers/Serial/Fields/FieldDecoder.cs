using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial.Fields;

/// <summary>Reads a frame by the fields that the map gives its points.</summary>
/// <param name="layout">How frames are laid out.</param>
/// <param name="separator">What stands between columns.</param>
/// <param name="fields">The points with their places.</param>
internal sealed class FieldDecoder(FrameLayout layout, char separator, IReadOnlyList<(PointDefinition Point, IField Field)> fields) : IFrameDecoder
{
    public void Decode(ReadOnlySpan<byte> frame, DateTimeOffset time, ICollection<DecodedValue> values)
    {
        var view = new FrameView(frame, layout.BodyOf(frame), separator);
        foreach (var (point, field) in fields)
        {
            if (field.Read(view, point) is { } value)
            {
                values.Add(value);
            }
        }
    }
}
