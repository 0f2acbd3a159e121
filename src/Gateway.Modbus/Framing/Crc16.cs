namespace Gateway.Modbus.Framing;

/// <summary>
/// The checksum of RTU frames: polynomial 8005 reflected (A001), initial value FFFF, low byte first on the wire.
/// Modbus over Serial Line 1.02 §6.2.2.
/// </summary>
internal static class Crc16
{
    private static readonly ushort[] Table = BuildTable();

    public static ushort Compute(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0xFFFF;
        foreach (var b in bytes)
            crc = (ushort)(crc >> 8 ^ Table[(byte)(crc ^ b)]);
        return crc;
    }

    private static ushort[] BuildTable()
    {
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = (ushort)i;
            for (var bit = 0; bit < 8; bit++)
                crc = (ushort)((crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1);
            table[i] = crc;
        }

        return table;
    }
}
