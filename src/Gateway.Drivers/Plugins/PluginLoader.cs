using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Plugins;

namespace Gateway.Drivers.Plugins;

/// <summary>
/// Loads plug-ins: each is a folder with an assembly of the folder's name, whose public classes that implement a contract of
/// Gateway.Abstractions are made once. What cannot be loaded is told, and the rest goes on.
/// </summary>
public sealed class PluginLoader
{
    /// <summary>The assembly that plug-ins and gateway have in common.</summary>
    internal const string Contract = "Gateway.Abstractions";

    private static readonly Version Ours = typeof(IDriver).Assembly.GetName().Version!;

    private readonly Dictionary<string, string> _names;
    private readonly List<IDriver> _drivers = [];
    private readonly List<ITransport> _transports = [];
    private readonly List<IHostExtension> _extensions = [];
    private readonly List<string> _faults = [];
    private readonly IHardware _hardware;

    private PluginLoader(IEnumerable<IDriver> own, IHardware hardware)
    {
        _names = own.ToDictionary(driver => driver.Schema.Name, _ => "the gateway itself");
        _hardware = hardware;
    }

    /// <summary>Loads the plug-ins of some folders, each folder's in the order of their names.</summary>
    /// <param name="folders">The folders that hold plug-ins; one that is not there holds none.</param>
    /// <param name="own">The drivers that ship with the gateway, whose names are taken.</param>
    /// <param name="hardware">What a class is given whose constructor asks for it.</param>
    public static LoadedPlugins Load(IEnumerable<string> folders, IEnumerable<IDriver> own, IHardware hardware)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentNullException.ThrowIfNull(own);
        var loader = new PluginLoader(own, hardware);
        foreach (var plugin in folders.Where(Directory.Exists).SelectMany(folder => Directory.GetDirectories(folder).Order(StringComparer.Ordinal)))
        {
            loader.LoadOne(Path.Combine(Path.GetFullPath(plugin), Path.GetFileName(plugin) + ".dll"));
        }

        return new LoadedPlugins(loader._drivers, loader._transports, loader._extensions, loader._faults);
    }

    private void LoadOne(string path)
    {
        if (!File.Exists(path))
        {
            Fail(path, "is missing: the folder of a plug-in has the name of its assembly");
            return;
        }

        if (Refuse(path) is { } reason)
        {
            Fail(path, reason);
            return;
        }

        Type[] types;
        try
        {
            types = new PluginContext(path).LoadFromAssemblyPath(path).GetExportedTypes();
        }
        catch (Exception fault) when (fault is IOException or BadImageFormatException or TypeLoadException or InvalidOperationException)
        {
            // The last is what a broken .deps.json comes to.
            Fail(path, $"cannot be loaded; copy what 'dotnet publish' made, with all that lies beside the assembly: {fault.Message}");
            return;
        }

        var offered = types.Where(type => type is { IsClass: true, IsAbstract: false } && IsOffer(type)).ToList();
        if (offered.Count == 0)
        {
            Fail(path, $"has no public class that implements {nameof(IDriver)}, {nameof(ITransport)} or {nameof(IHostExtension)}");
        }

        foreach (var type in offered)
        {
            Add(path, type);
        }
    }

    private static bool IsOffer(Type type) =>
        type.IsAssignableTo(typeof(IDriver)) || type.IsAssignableTo(typeof(ITransport)) || type.IsAssignableTo(typeof(IHostExtension));

    /// <summary>Why an assembly is no plug-in of this gateway; null: it is one. Reads the file only, so that nothing of it runs.</summary>
    private static string? Refuse(string path)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(path));
            if (!file.HasMetadata)
            {
                return "is no .NET assembly";
            }

            var metadata = file.GetMetadataReader();
            var wanted = metadata.AssemblyReferences
                .Select(metadata.GetAssemblyReference)
                .Where(reference => metadata.StringComparer.Equals(reference.Name, Contract))
                .Select(reference => reference.Version)
                .FirstOrDefault();
            return wanted switch
            {
                null => $"does not use {Contract}: it is no plug-in of the gateway",
                _ when wanted.Major != Ours.Major => $"was built for {Contract} {wanted.ToString(2)}, and this gateway has {Ours.ToString(2)}: build it against {Ours.Major}.x",
                _ when wanted.Minor > Ours.Minor => $"was built for {Contract} {wanted.ToString(2)}, and this gateway has {Ours.ToString(2)}: install a newer gateway, or build it against {Ours.ToString(2)}",
                _ => null,
            };
        }
        catch (Exception fault) when (fault is IOException or BadImageFormatException or UnauthorizedAccessException)
        {
            return $"cannot be read: {fault.Message}";
        }
    }

    private void Add(string path, Type type)
    {
        try
        {
            var made = type.GetConstructor([typeof(IHardware)]) is { } constructor ? constructor.Invoke([_hardware]) : Activator.CreateInstance(type);
            if (made is IDriver driver && IsFree(path, driver.Schema.Name, "driver"))
            {
                _drivers.Add(driver);
            }

            if (made is ITransport transport && IsFree(path, transport.Name, "transport"))
            {
                _transports.Add(transport);
            }

            if (made is IHostExtension extension)
            {
                _extensions.Add(extension);
            }
        }
        catch (MissingMethodException)
        {
            Fail(path, $"its class {type.FullName} has no public constructor that takes nothing or {nameof(IHardware)} alone");
        }
#pragma warning disable CA1031 // Whatever somebody else's constructor throws, the gateway starts without it.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            var cause = fault is TargetInvocationException { InnerException: { } inner } ? inner : fault;
            Fail(path, $"its class {type.FullName} could not be made: {cause.GetType().Name}: {cause.Message}");
        }
    }

    private bool IsFree(string path, string name, string kind)
    {
        if (_names.TryAdd(name, path))
        {
            return true;
        }

        Fail(path, $"its {kind} '{name}' has the name of one of {_names[name]}; only that is used");
        return false;
    }

    private void Fail(string path, string reason) => _faults.Add($"{path}: {reason}");
}
