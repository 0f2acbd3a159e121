namespace Gateway.TestSupport;

/// <summary>The folder that the tests were built in.</summary>
public static class Repository
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Gateway.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
