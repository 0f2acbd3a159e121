namespace Gateway.TestSupport;

/// <summary>
/// Maps or a configuration with something wrong in them, and what must be said of it: a folder of <c>tests/data/broken</c>.
/// </summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Folder">The folder itself; positions are relative to it.</param>
/// <param name="Arguments">What <c>gateway check</c> is asked about: <c>gateway.yaml</c> if there is one, else all maps of the folder.</param>
/// <param name="Expected">The findings, a line each.</param>
public sealed record BrokenCase(string Name, string Folder, IReadOnlyList<string> Arguments, IReadOnlyList<string> Expected)
{
    private const string Configuration = "gateway.yaml";

    private static readonly string Data = Path.Combine(Repository.Root, "tests", "data", "broken");

    /// <summary>Whether a configuration is asked about.</summary>
    public bool IsConfiguration => Arguments is [Configuration];

    /// <summary>The names of all cases.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateDirectories(Data).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    /// <summary>The cases with or without a configuration, as the data of a theory.</summary>
    public static TheoryData<string> Select(bool isConfiguration) => [.. Names.Where(name => Read(name).IsConfiguration == isConfiguration)];

    /// <summary>One case.</summary>
    public static BrokenCase Read(string name)
    {
        var folder = Path.Combine(Data, name);
        string[] arguments = File.Exists(Path.Combine(folder, Configuration))
            ? [Configuration]
            : [.. Directory.EnumerateFiles(folder, "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        return new BrokenCase(name, folder, arguments, File.ReadAllLines(Path.Combine(folder, "expected.txt")));
    }

    /// <summary>The case's name.</summary>
    public override string ToString() => Name;
}
