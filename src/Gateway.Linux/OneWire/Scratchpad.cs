using System.Globalization;

namespace Gateway.Linux.OneWire;

/// <summary>
/// A thermometer's memory, and the temperature in it, as <c>w1_slave</c> shows them: nine bytes with the kernel's verdict on
/// their CRC, then the temperature. Documentation/w1/slaves/w1_therm.rst.
/// </summary>
/// <param name="Bytes">Nine bytes: temperature, alarm limits, configuration, three reserved ones, CRC. DS18B20 datasheet, figure 9.</param>
/// <param name="IsIntact">Whether the CRC is right, by the kernel's reckoning and by ours.</param>
/// <param name="MilliCelsius">The temperature as the kernel makes it from the bytes, by the sensor's family.</param>
public sealed record Scratchpad(IReadOnlyList<byte> Bytes, bool IsIntact, int MilliCelsius)
{
    private const int Length = 9;

    /// <summary>Whether all bytes are 0. Their CRC is right then, but a bus that somebody holds down gives them, no sensor does.</summary>
    public bool IsEmpty => Bytes.All(value => value == 0);

    /// <summary>Reads both lines; null if they are not what w1_therm writes.</summary>
    public static Scratchpad? Parse(string text)
    {
        var lines = text.Split('\n');
        var bytes = new byte[Length];
        if (lines.Length < 2 || !TryParseBytes(lines[0], bytes))
            return null;

        var isRight = lines[0].EndsWith("YES", StringComparison.Ordinal);
        var at = lines[1].IndexOf("t=", StringComparison.Ordinal);
        return at >= 0 && int.TryParse(lines[1].AsSpan(at + 2), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var temperature)
            ? new Scratchpad(bytes, isRight && Crc(bytes.AsSpan(0, Length - 1)) == bytes[^1], temperature)
            : null;
    }

    private static bool TryParseBytes(string line, Span<byte> bytes)
    {
        var words = line.Split(' ');
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i >= words.Length || !byte.TryParse(words[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
                return false;
        }

        return true;
    }

    // x⁸ + x⁵ + x⁴ + 1, lowest bit first. Maxim application note 27.
    private static byte Crc(ReadOnlySpan<byte> bytes)
    {
        byte crc = 0;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (byte)((crc & 1) != 0 ? crc >> 1 ^ 0x8C : crc >> 1);
        }

        return crc;
    }
}
