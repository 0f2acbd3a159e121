namespace Gateway.Modbus.Tests;

/// <summary>The data files in <c>Vectors/</c>: one case a line, fields divided by <c>|</c>, comments after <c>#</c>.</summary>
internal static class Vectors
{
    public static IEnumerable<string[]> Read(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", file))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries));

    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
