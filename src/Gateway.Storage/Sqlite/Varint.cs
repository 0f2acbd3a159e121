namespace Gateway.Storage.Sqlite;

/// <summary>A number of one to nine bytes. SQLite's "Database File Format", §1.6.</summary>
internal static class Varint
{
    /// <summary>Reads one and moves behind it; false if the bytes end before.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out long value)
    {
        value = 0;
        for (var i = 0; i < 9 && at < bytes.Length; i++)
        {
            var next = bytes[at++];
            if (i == 8)
            {
                value = (value << 8) | next;
                return true;
            }

            value = (value << 7) | (next & 0x7Fu);
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
