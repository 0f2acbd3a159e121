using System.Reflection;
using System.Runtime.Loader;

namespace Gateway.Drivers.Plugins;

/// <summary>
/// Where one plug-in is loaded: it has its own versions of its packages. What it shares with the gateway, so that both mean the same
/// types, are the contract and the framework's abstractions.
/// </summary>
/// <param name="path">The plug-in's assembly.</param>
internal sealed class PluginContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
{
    private readonly AssemblyDependencyResolver _resolver = new(path);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        if (name == PluginLoader.Contract || (name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && IsOfTheGateway(name)))
        {
            return null; // the default context has it
        }

        return _resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : 0;

    private static bool IsOfTheGateway(string name)
    {
        try
        {
            Default.LoadFromAssemblyName(new AssemblyName(name));
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
