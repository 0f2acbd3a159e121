namespace Gateway.TestSupport;

/// <summary>The scripts of <c>tests/javascript</c> and the packages that they use, which <c>npm ci</c> puts there.</summary>
public static class JavaScript
{
    /// <summary>The folder.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "javascript");

    /// <summary>A file there.</summary>
    public static string Locate(string name) => Path.Combine(Folder, name);

    internal static bool HasPackage(string name) => Peer.FindExecutable("node") is not null && Directory.Exists(Path.Combine(Folder, "node_modules", name));
}
