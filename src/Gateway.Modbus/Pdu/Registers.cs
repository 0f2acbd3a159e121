using System.Buffers.Binary;

namespace Gateway.Modbus.Pdu;

/// <summary>Registers as they travel: two bytes each, the high one first. Modbus Application Protocol 1.1b3 §4.2.</summary>
internal static class Registers
{
    /// <summary>Returns how many bytes were written.</summary>
    public static int Pack(ReadOnlySpan<ushort> values, Span<byte> bytes)
    {
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(bytes[(2 * i)..], values[i]);
        return 2 * values.Length;
    }

    /// <summary>Reads as many as there is room for.</summary>
    public static void Unpack(ReadOnlySpan<byte> bytes, Span<ushort> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * i)..]);
    }
}
