namespace Gateway.Drivers.Simulated;

/// <summary>
/// A smooth random curve that needs no memory: hashed values at whole positions, eased between them, in two octaves.
/// </summary>
internal static class ValueNoise
{
    /// <summary>The curve's height, 0 to 1.</summary>
    /// <param name="position">Where on the curve, not negative.</param>
    /// <param name="seed">Which curve.</param>
    public static double At(double position, uint seed) =>
        (0.8 * Octave(position, seed)) + (0.2 * Octave(position * 4, seed ^ 0x9E37_79B9));

    /// <summary>A seed from a name, the same on every machine (FNV-1a).</summary>
    public static uint Seed(string name)
    {
        var hash = 2_166_136_261u;
        foreach (var character in name)
        {
            hash = (hash ^ character) * 16_777_619u;
        }

        return hash;
    }

    private static double Octave(double position, uint seed)
    {
        var whole = Math.Floor(position);
        var part = position - whole;
        var eased = part * part * (3 - (2 * part));
        var left = Lattice((uint)(long)whole, seed);
        return left + ((Lattice((uint)(long)whole + 1, seed) - left) * eased);
    }

    // The finaliser of MurmurHash3: every bit of the input moves every bit of the output.
    private static double Lattice(uint position, uint seed)
    {
        var hash = position ^ seed;
        hash = (hash ^ (hash >> 16)) * 0x85EB_CA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2_AE35;
        return (hash ^ (hash >> 16)) / (double)uint.MaxValue;
    }
}
