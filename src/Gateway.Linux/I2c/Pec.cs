namespace Gateway.Linux.I2c;

/// <summary>The packet error code: CRC-8 with the polynomial x⁸ + x² + x + 1. SMBus 3.2 §6.4.</summary>
internal static class Pec
{
    public const byte Start = 0;

    public static byte Add(byte code, byte next)
    {
        var crc = code ^ next;
        for (var bit = 0; bit < 8; bit++)
            crc = (crc & 0x80) != 0 ? (crc << 1) ^ 0x107 : crc << 1;
        return (byte)crc;
    }

    public static byte Add(byte code, ReadOnlySpan<byte> bytes)
    {
        foreach (var next in bytes)
            code = Add(code, next);
        return code;
    }
}
