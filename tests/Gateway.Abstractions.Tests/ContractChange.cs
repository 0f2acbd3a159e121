namespace Gateway.Abstractions.Tests;

/// <summary>
/// Compares two records of the contract: a first line that ends with its version, then a line for each thing that it consists of. What is added
/// raises the version's second number, what is changed or removed its first.
/// </summary>
internal static class ContractChange
{
    private const int MostShown = 5;

    /// <summary>Why the contract of now may not take the place of the one that is recorded; null: it may, or is the same.</summary>
    public static string? Refuse(string recorded, string now)
    {
        var (before, after) = (Lines(recorded), Lines(now));
        var (removed, added) = (before[1..].Except(after[1..]).ToList(), after[1..].Except(before[1..]).ToList());
        var (from, to) = (VersionOf(before), VersionOf(after));
        var isRaised = removed.Count > 0 ? to.Major > from.Major : added.Count == 0 || to > from;
        return isRaised ? null
            : $"The contract of plug-ins is another one, and its version is {(to == from ? "still" : "only")} {to}: set <Version> in src/Gateway.Abstractions/Gateway.Abstractions.csproj to "
            + $"{(removed.Count > 0 ? $"{from.Major + 1}.0" : $"{from.Major}.{from.Minor + 1}")}.0, then write the record anew with GATEWAY_WRITE_REFERENCE=1."
            + List("Changed or removed", removed) + List("Added", added);
    }

    private static string[] Lines(string contract) => contract.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Version VersionOf(string[] lines) => Version.Parse(lines[0][(lines[0].LastIndexOf(' ') + 1)..]);

    private static string List(string what, List<string> lines) => lines.Count == 0 ? ""
        : $"\n{what}:{string.Concat(lines.Take(MostShown).Select(line => $"\n  {line}"))}{(lines.Count > MostShown ? $"\n  and {lines.Count - MostShown} more" : "")}";
}
