using System.Buffers.Binary;

namespace Gateway.Storage.History;

/// <summary>
/// The minutes of a quarter of an hour, or the hours of a day, as one row of the file. For each stretch that has values 17 bytes:
/// its number within the block and, in bit 7, whether a gap was before it; its mean (float64, little-endian); by how much the least value is less
/// and the greatest more (float32 each): what a meter of nine digits counts keeps all of them.
/// </summary>
internal static class HistoryBlock
{
    private const int EntrySize = 17;
    private const byte GapFlag = 0x80;

    /// <summary>The bytes of entries.</summary>
    /// <param name="start">When the block begins.</param>
    /// <param name="step">How long a stretch is, milliseconds.</param>
    /// <param name="entries">The stretches of this block.</param>
    public static byte[] Encode(long start, long step, IReadOnlyCollection<HistoryEntry> entries)
    {
        var bytes = new byte[entries.Count * EntrySize];
        var at = bytes.AsSpan();
        foreach (var entry in entries)
        {
            at[0] = (byte)((byte)((entry.Time - start) / step) | (entry.IsAfterGap ? GapFlag : (byte)0));
            BinaryPrimitives.WriteDoubleLittleEndian(at[1..], entry.Mean);
            BinaryPrimitives.WriteSingleLittleEndian(at[9..], (float)(entry.Mean - entry.Min));
            BinaryPrimitives.WriteSingleLittleEndian(at[13..], (float)(entry.Max - entry.Mean));
            at = at[EntrySize..];
        }

        return bytes;
    }

    /// <summary>The entries of a row; what is damaged at its end is left out.</summary>
    public static List<HistoryEntry> Decode(long start, long step, ReadOnlySpan<byte> bytes)
    {
        var entries = new List<HistoryEntry>(bytes.Length / EntrySize);
        for (; bytes.Length >= EntrySize; bytes = bytes[EntrySize..])
        {
            var mean = BinaryPrimitives.ReadDoubleLittleEndian(bytes[1..]);
            entries.Add(new HistoryEntry(
                start + ((bytes[0] & ~GapFlag) * step),
                mean - BinaryPrimitives.ReadSingleLittleEndian(bytes[9..]),
                mean + BinaryPrimitives.ReadSingleLittleEndian(bytes[13..]),
                mean,
                (bytes[0] & GapFlag) != 0));
        }

        return entries;
    }
}
