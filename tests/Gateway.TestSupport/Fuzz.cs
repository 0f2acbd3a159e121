using System.Globalization;

namespace Gateway.TestSupport;

/// <summary>What the fuzzing tests share: how long to go on, and how to damage bytes.</summary>
public static class Fuzz
{
    /// <summary>How many times the usual rounds: <c>GATEWAY_FUZZ=1000</c>; default 1.</summary>
    public static int Factor { get; } = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_FUZZ") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>A copy with one to five bytes or runs of bytes changed, dropped, doubled.</summary>
    public static byte[] Mutate(ReadOnlySpan<byte> original, Random random)
    {
        List<byte> bytes = [.. original];
        for (var i = random.Next(1, 6); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, Math.Min(random.Next(1, 5), bytes.Count - at)); break;
                case 3: bytes.Insert(at, (byte)random.Next(256)); break;
                default: bytes.InsertRange(at, bytes.Skip(at).Take(random.Next(1, 20)).ToList()); break;
            }
        }

        return [.. bytes];
    }
}
