using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Gateway.Abstractions.Plugins;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Drivers.Tests.Plugins;

/// <summary>A folder of plug-ins, removed at the end.</summary>
internal sealed class PluginFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("plugins-");

    public string Path => _folder.FullName;

    /// <summary>The example of the documentation, as it was built.</summary>
    public void AddExample() => BuiltPlugins.Install("Gateway.Drivers.Example", Path);

    /// <summary>A file that is named as an assembly.</summary>
    public void AddFile(string name, byte[] content) => File.WriteAllBytes(System.IO.Path.Combine(Add(name), name + ".dll"), content);

    /// <summary>An assembly that was built against a version of the contract and has nothing in it.</summary>
    public void AddBuiltFor(string name, Version version)
    {
        var metadata = new MetadataBuilder();
        metadata.AddModule(0, metadata.GetOrAddString(name + ".dll"), metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(metadata.GetOrAddString(name), new Version(1, 0), default, default, default, default);
        metadata.AddTypeDefinition(default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        metadata.AddAssemblyReference(metadata.GetOrAddString("Gateway.Abstractions"), version, default, default, default, default);
        var image = new BlobBuilder();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(metadata), new BlobBuilder()).Serialize(image);
        AddFile(name, image.ToArray());
    }

    /// <summary>An extension of the host whose constructor wants something, or else throws.</summary>
    public void AddExtension(string name, bool wantsSomething)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
        var type = assembly.DefineDynamicModule(name).DefineType("Extension", TypeAttributes.Public | TypeAttributes.Class, typeof(object), [typeof(IHostExtension)]);
        var constructor = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, wantsSomething ? [typeof(string)] : []).GetILGenerator();
        constructor.Emit(OpCodes.Ldstr, "no such thing");
        constructor.Emit(OpCodes.Newobj, typeof(NotSupportedException).GetConstructor([typeof(string)])!);
        constructor.Emit(OpCodes.Throw);
        var method = type.DefineMethod("AddServices", MethodAttributes.Public | MethodAttributes.Virtual, typeof(void), [typeof(IServiceCollection)]);
        method.GetILGenerator().Emit(OpCodes.Ret);
        type.CreateType();
        assembly.Save(System.IO.Path.Combine(Add(name), name + ".dll"));
    }

    /// <summary>A sub-folder.</summary>
    public string Add(string name) => _folder.CreateSubdirectory(name).FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
