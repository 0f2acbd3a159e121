namespace Gateway.Modbus.Pdu;

/// <summary>Bits as they travel: eight to a byte, the first in the least significant place, the last byte padded with 0.</summary>
internal static class Bits
{
    public static int ByteCount(int bitCount) => (bitCount + 7) / 8;

    public static void Pack(ReadOnlySpan<bool> bits, Span<byte> packed)
    {
        packed[..ByteCount(bits.Length)].Clear();
        for (var i = 0; i < bits.Length; i++)
        {
            if (bits[i])
                packed[i >> 3] |= (byte)(1 << (i & 7));
        }
    }

    public static void Unpack(ReadOnlySpan<byte> packed, Span<bool> bits)
    {
        for (var i = 0; i < bits.Length; i++)
            bits[i] = (packed[i >> 3] >> (i & 7) & 1) != 0;
    }
}
