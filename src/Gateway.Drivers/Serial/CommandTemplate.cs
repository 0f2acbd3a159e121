using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial;

/// <summary>
/// What is sent to write a point: bytes, with places for the value, as text <c>{value}</c> or as bytes <c>{value:uint16}</c>, and for the
/// checksum of what stands before it, <c>{checksum}</c>. Immutable, thread-safe.
/// </summary>
internal sealed partial class CommandTemplate
{
    private static readonly Dictionary<string, (int Size, bool IsSigned)> Integers = new()
    {
        ["uint8"] = (1, false),
        ["int8"] = (1, true),
        ["uint16"] = (2, false),
        ["int16"] = (2, true),
        ["uint32"] = (4, false),
        ["int32"] = (4, true),
    };

    private readonly IReadOnlyList<Part> _parts;
    private readonly Checksum? _checksum;

    private CommandTemplate(IReadOnlyList<Part> parts, Checksum? checksum)
    {
        (_parts, _checksum) = (parts, checksum);
        HasValue = parts.Any(part => part is TextPart or NumberPart);
    }

    private abstract record Part;

    private sealed record BytesPart(byte[] Bytes) : Part;

    private sealed record TextPart : Part;

    private sealed record NumberPart(string Type, bool IsLittleEndian) : Part;

    private sealed record ChecksumPart : Part;

    /// <summary>Whether the value has a place in it.</summary>
    public bool HasValue { get; }

    /// <summary>Bytes of a command with a short value.</summary>
    public int UsualLength => _parts.Sum(part => part is BytesPart bytes ? bytes.Bytes.Length : 2);

    /// <summary>Reads a template.</summary>
    /// <param name="items">What the map says.</param>
    /// <param name="check">The checksum of the device's frames; null if they have none that commands could have.</param>
    /// <param name="error">What is wrong, the end of a sentence, if the result is null.</param>
    public static CommandTemplate? Parse(IReadOnlyList<string> items, IFrameCheck? check, out string? error)
    {
        var parts = new List<Part>();
        foreach (var item in items)
        {
            if (item.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || !Place().IsMatch(item))
            {
                if (!ByteText.TryParse([item], out var bytes, out error))
                {
                    return null;
                }

                parts.Add(new BytesPart(bytes));
                continue;
            }

            var from = 0;
            foreach (var place in Place().EnumerateMatches(item))
            {
                AddText(parts, item[from..place.Index]);
                if (ParsePlace(item.Substring(place.Index, place.Length), check, out error) is not { } part)
                {
                    return null;
                }

                parts.Add(part);
                from = place.Index + place.Length;
            }

            AddText(parts, item[from..]);
        }

        error = parts.Count == 0 ? "there is nothing in it" : null;
        return error is null ? new CommandTemplate(parts, check as Checksum) : null;
    }

    /// <summary>The command that writes a value.</summary>
    /// <param name="point">The point, for the sentence.</param>
    /// <param name="value">The raw value.</param>
    /// <param name="command">The bytes, if there is no error.</param>
    /// <returns>Null, or why the value cannot be written, one sentence.</returns>
    public string? TryFill(PointDefinition point, PointValue value, out byte[] command)
    {
        var bytes = new List<byte>();
        command = [];
        if (!HasValue && !(value.Kind == PointValueKind.Boolean ? value.AsBoolean : value.TryGetNumber(out var one) && one == 1))
        {
            return $"{point} takes true: there is no value in its command";
        }

        foreach (var part in _parts)
        {
            switch (part)
            {
                case BytesPart literal:
                    bytes.AddRange(literal.Bytes);
                    break;
                case TextPart when value.ToString() is var text:
                    if (text.Length == 0 || text.Any(char.IsControl))
                    {
                        return $"{point} takes a text without control characters";
                    }

                    bytes.AddRange(Encoding.UTF8.GetBytes(text));
                    break;
                case NumberPart number:
                    if (!TryAppend(bytes, number, value))
                    {
                        return $"'{value}' does not fit {number.Type}";
                    }

                    break;
                default:
                    _checksum!.Append(bytes);
                    break;
            }
        }

        command = [.. bytes];
        return null;
    }

    private static void AddText(List<Part> parts, string text)
    {
        if (text.Length > 0)
        {
            parts.Add(new BytesPart(Encoding.UTF8.GetBytes(text)));
        }
    }

    private static Part? ParsePlace(string place, IFrameCheck? check, out string? error)
    {
        error = null;
        switch (place.Trim('{', '}').Split(':'))
        {
            case ["value"]:
                return new TextPart();
            case ["value", var type] when Integers.ContainsKey(type) || type == "float32":
                return new NumberPart(type, IsLittleEndian: false);
            case ["value", var type, ("ABCD" or "DCBA") and var order] when Integers.ContainsKey(type) || type == "float32":
                return new NumberPart(type, order == "DCBA");
            case ["checksum"] when check is Checksum { From: >= 0 }:
                return new ChecksumPart();
            case ["checksum"]:
                error = "'{checksum}' is that of the device's frames: 'frame' needs a 'checksum', whose 'from' counts from the first byte";
                return null;
            default:
                error = $"'{place}' is no place for a value; there are {{value}}, {{value:TYPE}} and {{value:TYPE:DCBA}} with TYPE one of {string.Join(", ", Integers.Keys)} and float32, and {{checksum}}";
                return null;
        }
    }

    private static bool TryAppend(List<byte> bytes, NumberPart part, PointValue value)
    {
        var number = value.Kind == PointValueKind.Boolean && value.AsBoolean ? 1m : 0m;
        if (value.Kind != PointValueKind.Boolean && !value.TryGetNumber(out number))
        {
            return false;
        }

        Span<byte> place = stackalloc byte[4];
        if (!Integers.TryGetValue(part.Type, out var integer))
        {
            BinaryPrimitives.WriteSingleBigEndian(place, (float)number);
        }
        else
        {
            var whole = decimal.Round(number, MidpointRounding.AwayFromZero);
            var (low, high) = integer.IsSigned ? (-(1L << (8 * integer.Size - 1)), (1L << (8 * integer.Size - 1)) - 1) : (0, (1L << 8 * integer.Size) - 1);
            if (whole < low || whole > high)
            {
                return false;
            }

            BinaryPrimitives.WriteUInt32BigEndian(place, unchecked((uint)(long)whole));
            place = place[^integer.Size..];
        }

        if (part.IsLittleEndian)
        {
            place.Reverse();
        }

        bytes.AddRange(place);
        return true;
    }

    [GeneratedRegex(@"\{[a-z]+(:[A-Za-z0-9]+)*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
