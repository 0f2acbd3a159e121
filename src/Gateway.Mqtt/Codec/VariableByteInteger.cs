namespace Gateway.Mqtt.Codec;

/// <summary>Variable Byte Integers: seven bits per byte, the least significant first, at most four bytes. MQTT 5.0 §1.5.5.</summary>
public static class VariableByteInteger
{
    /// <summary>The largest value, 268,435,455.</summary>
    public const uint MaximumValue = 0x0FFF_FFFF;

    /// <summary>Reads one, and refuses encodings that are longer than needed.</summary>
    /// <param name="bytes">From its first byte on.</param>
    /// <param name="value">The value, when complete.</param>
    /// <param name="size">Its length, 1 to 4 bytes, when complete.</param>
    public static DecodeStatus TryRead(ReadOnlySpan<byte> bytes, out uint value, out int size)
    {
        value = 0;
        for (size = 0; size < bytes.Length; size++)
        {
            if (size == 4)
            {
                return DecodeStatus.Malformed;
            }

            var current = bytes[size];
            value |= (uint)(current & 0x7F) << (7 * size);
            if (current < 0x80)
            {
                size++;
                return current == 0 && size > 1 ? DecodeStatus.Malformed : DecodeStatus.Complete;
            }
        }

        return size == 4 ? DecodeStatus.Malformed : DecodeStatus.Incomplete;
    }

    /// <summary>The length of the minimal encoding, 1 to 4 bytes.</summary>
    /// <param name="value">At most <see cref="MaximumValue"/>.</param>
    public static int Measure(uint value) => value switch
    {
        < 1u << 7 => 1,
        < 1u << 14 => 2,
        < 1u << 21 => 3,
        _ => 4,
    };

    /// <summary>Writes the minimal encoding.</summary>
    /// <param name="destination">At least <see cref="Measure"/> bytes.</param>
    /// <param name="value">At most <see cref="MaximumValue"/>.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> destination, uint value)
    {
        var size = 0;
        while (value >= 0x80)
        {
            destination[size++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[size++] = (byte)value;
        return size;
    }
}
