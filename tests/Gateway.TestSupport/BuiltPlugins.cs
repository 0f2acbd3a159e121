namespace Gateway.TestSupport;

/// <summary>
/// Plug-ins of the tests, as their projects were built. A test project that uses one references it without its assembly, which is loaded as a
/// plug-in.
/// </summary>
public static class BuiltPlugins
{
    /// <summary>Installs one: a folder of its name, below a folder of plug-ins.</summary>
    public static void Install(string name, string plugins)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var folder = Directory.CreateDirectory(Path.Combine(plugins, name)).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "tests", name, "bin", configuration, "net10.0")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }
}
