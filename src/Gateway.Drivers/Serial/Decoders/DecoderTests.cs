using System.Text;
using System.Text.Json;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Decoders;

/// <summary>
/// The tests beside a decoder: a list of <c>{ "input": { "bytes": […], "fPort": 1 }, "expected": { "data": {…} } }</c>,
/// where <c>expected</c> is what <c>decodeUplink</c> returns. Run when the decoder is read.
/// </summary>
internal static class DecoderTests
{
    private const int MaxShown = 200;

    /// <summary>Runs the tests. False if one fails or the file is not of that form, which is reported with its place.</summary>
    public static bool Run(JavaScriptProgram program, SourceFile tests, ICollection<Diagnostic> diagnostics)
    {
        var before = diagnostics.Count;
        try
        {
            var bytes = Encoding.UTF8.GetBytes(tests.Text);
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                diagnostics.Add(Diagnostic.Error(new SourceLocation(tests.Path, 1, 1), "the tests of a decoder must be a list: [ { \"input\": …, \"expected\": … } ]"));
                return false;
            }

            var places = PlacesOf(bytes, tests.Path);
            foreach (var (test, place) in document.RootElement.EnumerateArray().Zip(places))
            {
                if (RunOne(program, test) is { } message)
                {
                    diagnostics.Add(Diagnostic.Error(place, message));
                }
            }
        }
        catch (JsonException exception)
        {
            diagnostics.Add(Diagnostic.Error(
                new SourceLocation(tests.Path, (int)(exception.LineNumber ?? 0) + 1, (int)(exception.BytePositionInLine ?? 0) + 1), "this is not JSON"));
        }

        return diagnostics.Count == before;
    }

    private static string? RunOne(JavaScriptProgram program, JsonElement test)
    {
        if (test.ValueKind != JsonValueKind.Object || !test.TryGetProperty("expected", out var expected) || expected.ValueKind != JsonValueKind.Object
            || !test.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.Object
            || !input.TryGetProperty("bytes", out var list) || ReadBytes(list) is not { } bytes)
        {
            return "a test needs 'input' with 'bytes', numbers up to 255, and 'expected', what decodeUplink returns";
        }

        var port = input.TryGetProperty("fPort", out var written) && written.ValueKind == JsonValueKind.Number && written.TryGetInt32(out var number)
            ? number
            : JavaScriptProgram.DefaultPort;
        if (program.Run(bytes, port, DateTimeOffset.UnixEpoch, out var output) is { } fault)
        {
            return fault.Line > 0 ? $"{fault.Message} (line {fault.Line} of the decoder)" : fault.Message;
        }

        return JsonElement.DeepEquals(expected, output) ? null : $"expected {Show(expected)}, and the decoder returns {Show(output)}";
    }

    private static byte[]? ReadBytes(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var bytes = new List<byte>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out var value))
            {
                return null;
            }

            bytes.Add(value);
        }

        return [.. bytes];
    }

    private static string Show(JsonElement value)
    {
        var text = JsonSerializer.Serialize(value);
        return text.Length <= MaxShown ? text : text[..MaxShown] + "…";
    }

    // Where each test begins.
    private static List<SourceLocation> PlacesOf(byte[] json, string path)
    {
        var places = new List<SourceLocation>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
            {
                var before = json.AsSpan(0, (int)reader.TokenStartIndex);
                places.Add(new SourceLocation(path, before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n')));
            }
        }

        return places;
    }
}
