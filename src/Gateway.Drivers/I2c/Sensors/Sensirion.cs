using System.Buffers.Binary;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>What Sensirion's chips have in common: words of 16 bits, each with a checksum behind it.</summary>
internal static class Sensirion
{
    /// <summary>CRC-8 with the polynomial x⁸ + x⁵ + x⁴ + 1, from 0xFF except of older chips. SHT3x-DIS datasheet, table 20.</summary>
    public static byte Crc(ReadOnlySpan<byte> bytes, byte start = 0xFF)
    {
        int crc = start;
        foreach (var next in bytes)
        {
            crc ^= next;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x80) != 0 ? (crc << 1) ^ 0x131 : crc << 1;
            }
        }

        return (byte)crc;
    }

    /// <summary>The word at a place of an answer; null if it is damaged.</summary>
    public static ushort? Word(ReadOnlySpan<byte> answer, int index)
    {
        var word = answer.Slice(3 * index, 3);
        return Crc(word[..2]) == word[2] ? BinaryPrimitives.ReadUInt16BigEndian(word) : null;
    }

    /// <summary>The number of 32 bits that two words are; null if one is damaged.</summary>
    public static uint? LongWord(ReadOnlySpan<byte> answer, int index) =>
        Word(answer, index) is { } high && Word(answer, index + 1) is { } low ? ((uint)high << 16) | low : null;

    /// <summary>Writes a command without an argument.</summary>
    public static void Command(I2cPort port, ushort command) => port.Write((byte)(command >> 8), (byte)command);

    /// <summary>Writes a command with an argument.</summary>
    public static void Command(I2cPort port, ushort command, ushort argument)
    {
        Span<byte> bytes = stackalloc byte[5];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, command);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], argument);
        bytes[4] = Crc(bytes[2..4]);
        port.Write(bytes);
    }

    /// <summary>An answer was damaged.</summary>
    public static BusException Damaged() => new(BusReasons.Checksum, "The checksum of the sensor's answer is wrong; look at the wires.");
}
