using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Fields;

namespace Gateway.Drivers.Serial;

/// <summary>Turns the keys of a point that is found by its place in a frame into that place.</summary>
internal static class PointPlaceParser
{
    private static readonly string[] BinaryKeys = ["order", "bit", "length"];

    /// <summary>The place; null if it is not possible, which is reported.</summary>
    public static IField? Parse(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        if (settings.TryGet<long>("at", out var at))
        {
            return ParseBinary(settings, (int)at, diagnostics);
        }

        if (BinaryKeys.FirstOrDefault(settings.IsWritten) is { } stray)
        {
            return Refuse(settings, stray, $"'{stray}' is for values in bytes: it needs 'at'", diagnostics);
        }

        if (ParseKind(settings, diagnostics) is not { } kind)
        {
            return null;
        }

        if (settings.TryGet<string>("match", out var pattern))
        {
            return MatchField.TryCreate(pattern, kind, out var field, out var error)
                ? field
                : Refuse(settings, "match", $"'match' is no regular expression: {error}", diagnostics);
        }

        if (settings.TryGet<string>("json", out var path))
        {
            return JsonPath.Parse(path) is { } steps
                ? new JsonField(steps, kind)
                : Refuse(settings, "json", $"'{path}' is no path in JSON: write names with points between them, such as sensors[0].temperature", diagnostics);
        }

        return new ColumnField((int)settings.Get<long>("column"), kind);
    }

    /// <summary>What a value that is written as text is; null if the map asks for what only bytes hold.</summary>
    public static TextKind? ParseKind(Settings settings, ICollection<Diagnostic> diagnostics)
    {
        if (!settings.TryGet<string>("type", out var type))
        {
            return TextKind.Either;
        }

        if (type is "number" or "string")
        {
            return type == "number" ? TextKind.Number : TextKind.Text;
        }

        Refuse(settings, "type", $"'type: {type}' is for values in bytes: here it is 'number' or 'string'", diagnostics);
        return null;
    }

    private static BinaryField? ParseBinary(Settings settings, int at, ICollection<Diagnostic> diagnostics)
    {
        var type = settings.TryGet<string>("type", out var written) ? written : "uint8";
        var isString = type == "string";
        if (isString != settings.IsWritten("length"))
        {
            return Refuse(
                settings, isString ? "type" : "length", isString ? "a string needs 'length', for example length: 8" : "'length' is for 'type: string'", diagnostics);
        }

        if (type == "number")
        {
            return Refuse(settings, "type", "'type: number' is for values in text; bytes need a type such as uint16", diagnostics);
        }

        var hasBit = settings.TryGet<long>("bit", out var bit);
        if (hasBit && (isString || type.StartsWith("float", StringComparison.Ordinal)))
        {
            return Refuse(settings, "bit", $"'bit' is for whole numbers, not for {type}", diagnostics);
        }

        var size = isString ? (int)settings.Get<long>("length") : SizeOf(type);
        if (bit >= 8 * size)
        {
            return Refuse(settings, "bit", $"'bit' must be between 0 and {(8 * size) - 1} in {type}", diagnostics);
        }

        if (at < 0 && at + size > 0)
        {
            return Refuse(settings, "at", $"{size} bytes at {at} reach beyond the frame's end", diagnostics);
        }

        return new BinaryField(at, hasBit || type == "bool" ? BinaryType.Bit : TypeOf(type), size, settings.Get<string>("order"), (int)bit);
    }

    private static int SizeOf(string type) => type switch
    {
        "uint16" or "int16" => 2,
        "uint24" or "int24" => 3,
        "uint32" or "int32" or "float32" => 4,
        "uint64" or "int64" or "float64" => 8,
        _ => 1,
    };

    private static BinaryType TypeOf(string type) => type switch
    {
        "string" => BinaryType.Text,
        "float32" or "float64" => BinaryType.Float,
        _ => type.StartsWith('i') ? BinaryType.Signed : BinaryType.Unsigned,
    };

    private static BinaryField? Refuse(Settings settings, string key, string message, ICollection<Diagnostic> diagnostics)
    {
        diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
        return null;
    }
}
