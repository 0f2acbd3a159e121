using System.Text.Json;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial.Decoders;

/// <summary>Reads frames by a decoder in JavaScript. What is wrong with a frame makes all points of the device bad.</summary>
internal sealed class JavaScriptDecoder(JavaScriptProgram program, FrameLayout layout, IReadOnlyList<JavaScriptPoint> points) : IFrameDecoder
{
    public void Decode(ReadOnlySpan<byte> frame, DateTimeOffset time, ICollection<DecodedValue> values)
    {
        var reason = program.Run(layout.BodyOf(frame), JavaScriptProgram.DefaultPort, time, out var output)?.Reason;
        if (reason is null && output.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0)
        {
            reason = SerialReasons.DecoderError;
        }

        foreach (var (point, path, kind) in points)
        {
            if (reason is not null)
            {
                values.Add(DecodedValue.Bad(point, reason));
            }
            else if (output.TryGetProperty("data", out var data) && path.Read(data, point, kind) is { } value)
            {
                values.Add(value);
            }
        }
    }
}
