using System.Globalization;
using System.Text;

namespace Gateway.Drivers.Serial.Framing;

/// <summary>Bytes as people write them: <c>0x02</c> and <c>0xAAC0</c> are bytes, every other text stands for its characters in UTF-8.</summary>
internal static class ByteText
{
    private const string HexPrefix = "0x";

    /// <summary>Reads one text or several that follow each other.</summary>
    /// <param name="items">What was written.</param>
    /// <param name="bytes">What it stands for, if there is no error.</param>
    /// <param name="error">What is wrong, the end of a sentence; null: nothing.</param>
    public static bool TryParse(IReadOnlyList<string> items, out byte[] bytes, out string? error)
    {
        var all = new List<byte>();
        (bytes, error) = ([], null);
        foreach (var item in items)
        {
            if (item.StartsWith(HexPrefix, StringComparison.OrdinalIgnoreCase))
            {
                if (item.Length == HexPrefix.Length || item.Length % 2 != 0 || !TryParseHex(item.AsSpan(HexPrefix.Length), all))
                {
                    error = $"'{item}' is no bytes: after 0x come two hexadecimal digits a byte, such as 0x0D0A";
                    return false;
                }
            }
            else if (items.Count > 1 && int.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                error = number <= 255
                    ? string.Create(CultureInfo.InvariantCulture, $"'{item}' in a list is ambiguous: write 0x{number:X2} for the byte")
                    : $"'{item}' is no byte: write bytes as 0x00 to 0xFF";
                return false;
            }
            else
            {
                all.AddRange(Encoding.UTF8.GetBytes(item));
            }
        }

        bytes = [.. all];
        error = bytes.Length == 0 ? "there is nothing in it" : null;
        return error is null;
    }

    private static bool TryParseHex(ReadOnlySpan<char> digits, List<byte> bytes)
    {
        for (var i = 0; i < digits.Length; i += 2)
        {
            if (!byte.TryParse(digits.Slice(i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            bytes.Add(value);
        }

        return true;
    }
}
