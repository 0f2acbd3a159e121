using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial;

/// <summary>Turns the keys of <c>frame</c> into a layout.</summary>
internal static class FrameParser
{
    /// <summary>The layout; null if it is not possible, which is reported.</summary>
    /// <param name="frame">The section, valid by its schema.</param>
    /// <param name="diagnostics">Takes the findings.</param>
    public static FrameLayout? Parse(Settings frame, ICollection<Diagnostic> diagnostics)
    {
        var maxLength = (int)frame.Get<long>("max-length");
        if (!TryReadBytes(frame, "start", diagnostics, out var start) || !TryReadBytes(frame, "end", diagnostics, out var end))
        {
            return null;
        }

        int? length = frame.TryGet<long>("length", out var written) ? (int)written : null;
        if (length > maxLength && !frame.IsWritten("max-length"))
        {
            maxLength = length.Value;
        }

        var counted = frame.TryGet<Settings>("counted", out var counting) ? ParseCounted(counting) : null;
        var shortest = length ?? Math.Max(start.Length + end.Length, counted is null ? 0 : counted.At + counted.Size);
        if (shortest > maxLength)
        {
            diagnostics.Add(Diagnostic.Error(frame.Locate("max-length"), $"'max-length: {maxLength}' is less than a frame needs, which is {shortest}"));
            return null;
        }

        if (length < start.Length)
        {
            diagnostics.Add(Diagnostic.Error(frame.Locate("length"), $"'length: {length}' is less than 'start' has bytes; it counts the whole frame"));
            return null;
        }

        Checksum? check = null;
        if (frame.IsWritten("checksum") && (check = ParseChecksum(frame.Get<Settings>("checksum"), end.Length, diagnostics)) is null)
        {
            return null;
        }

        return new FrameLayout
        {
            Start = start,
            End = end,
            Length = length,
            Counted = counted,
            Gap = frame.TryGet<TimeSpan>("gap", out var gap) ? gap : null,
            MaxLength = maxLength,
            Check = check,
        };
    }

    /// <summary>The bytes of a key that may be left out.</summary>
    public static bool TryReadBytes(Settings settings, string key, ICollection<Diagnostic> diagnostics, out byte[] bytes)
    {
        bytes = [];
        if (!settings.TryGet<IReadOnlyList<string>>(key, out var items) || ByteText.TryParse(items, out bytes, out var error))
        {
            return true;
        }

        diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"'{key}' cannot be read: {error}"));
        return false;
    }

    private static CountedLength ParseCounted(Settings counted) => new(
        (int)counted.Get<long>("at"),
        counted.Get<string>("type") == "uint8" ? 1 : 2,
        counted.Get<string>("order") == "DCBA",
        (int)counted.Get<long>("add"));

    private static Checksum? ParseChecksum(Settings settings, int endLength, ICollection<Diagnostic> diagnostics)
    {
        var kind = Enum.Parse<ChecksumKind>(settings.Get<string>("kind"), ignoreCase: true);
        var width = (int)settings.Get<long>("width");
        var error = (kind, width) switch
        {
            (_, not (8 or 16 or 24 or 32)) => ("width", "'width' must be 8, 16, 24 or 32"),
            (ChecksumKind.Xor, not 8) => ("width", "an exclusive or of bytes has 8 bits"),
            (ChecksumKind.Crc, _) when !settings.IsWritten("poly") => ("kind", "a CRC needs 'poly', for example poly: 0x1021"),
            (not ChecksumKind.Crc, _) when settings.IsWritten("poly") => ("poly", "'poly' is for 'kind: crc'"),
            _ => ((string Key, string Message)?)null,
        };
        if (error is { } found)
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate(found.Key), found.Message));
            return null;
        }

        var isText = settings.Get<bool>("digits");
        var size = width / (isText ? 4 : 8);
        var polynomial = settings.TryGet<long>("poly", out var poly) ? (uint)poly : 0;
        return new Checksum(kind, new CrcParameters(
            width, polynomial, (uint)settings.Get<long>("init"), settings.Get<bool>("refin"), settings.Get<bool>("refout"), (uint)settings.Get<long>("xorout")))
        {
            At = settings.TryGet<long>("at", out var at) ? (int)at : -endLength - size,
            From = (int)settings.Get<long>("from"),
            To = settings.TryGet<long>("to", out var to) ? (int)to : null,
            IsLittleEndian = settings.Get<string>("order") == "DCBA",
            IsText = isText,
        };
    }
}
