namespace Gateway.Modbus.Values;

/// <summary>Single bits and truth values in registers; bit 0 is the least significant.</summary>
public static class RegisterBits
{
    /// <summary>Whether a bit, 0 to 15, is set.</summary>
    public static bool Get(ushort register, int bit)
    {
        CheckBit(bit);
        return (register >> bit & 1) != 0;
    }

    /// <summary>The register with a bit, 0 to 15, set or cleared.</summary>
    public static ushort With(ushort register, int bit, bool value)
    {
        CheckBit(bit);
        return (ushort)(value ? register | 1 << bit : register & ~(1 << bit));
    }

    /// <summary>A whole register as a truth value: any bit set means true.</summary>
    public static bool IsTrue(ushort register) => register != 0;

    private static void CheckBit(int bit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bit, 15);
    }
}
