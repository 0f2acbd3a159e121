using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Codec;

/// <summary>A line of <c>Vectors/packets.txt</c>; not canonical (<c>~</c>): its encoder chose an order or a form that ours does not.</summary>
public sealed record PacketVector(ProtocolVersion Version, bool IsCanonical, byte[] Bytes, string Text)
{
    public override string ToString() => $"{Version} {Text}";
}

internal static class PacketVectors
{
    public static IReadOnlyList<PacketVector> All { get; } =
        [.. VectorFile.Read("packets.txt").Select(columns => new PacketVector(
            Enum.Parse<ProtocolVersion>(columns[0].TrimEnd('~')), !columns[0].EndsWith('~'), VectorFile.Hex(columns[1]), columns[2]))];

    public static TheoryData<int> Indexes => new(Enumerable.Range(0, All.Count));
}

/// <summary>Vector files: columns separated by <c>|</c>, comments from <c>#</c>.</summary>
internal static class VectorFile
{
    public static IEnumerable<string[]> Read(string name) =>
        from line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", name))
        where line.Length > 0 && line[0] != '#'
        select line.Split('|', StringSplitOptions.TrimEntries);

    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
