using System.Runtime.Loader;
using System.Text;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Plugins;

namespace Gateway.Drivers.Tests.Plugins;

public sealed class PluginLoaderTests : IDisposable
{
    private static readonly Version Contract = typeof(IDriver).Assembly.GetName().Version!;

    private static readonly IHardware Hardware = new NoHardware();

    private readonly PluginFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_driver_is_loaded_in_a_context_of_its_own_against_the_contract_of_the_gateway()
    {
        _folder.AddExample();

        var plugins = Load();

        Assert.Empty(plugins.Faults);
        var driver = Assert.Single(plugins.Drivers);
        Assert.Equal("tmp117", driver.Schema.Name);
        Assert.NotSame(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(driver.GetType().Assembly));
    }

    [Fact]
    public void A_name_that_is_taken_is_refused_and_says_by_whom()
    {
        _folder.AddExample();

        var plugins = PluginLoader.Load([_folder.Path, _folder.Path], DriverCatalog.Create(), Hardware);

        Assert.Single(plugins.Drivers);
        Assert.Matches("Gateway.Drivers.Example.dll: its driver 'tmp117' has the name of one of /.*Gateway.Drivers.Example.dll; only that is used$", Assert.Single(plugins.Faults));
    }

    [Fact]
    public void A_folder_without_its_assembly_is_told() =>
        AssertFault(() => _folder.Add("empty"), "is missing: the folder of a plug-in has the name of its assembly");

    [Fact]
    public void A_file_that_is_no_assembly_is_told() =>
        AssertFault(() => _folder.AddFile("text", Encoding.UTF8.GetBytes("a driver")), "cannot be read: ");

    [Fact]
    public void A_library_that_knows_nothing_of_the_gateway_is_no_plugin() =>
        AssertFault(() => _folder.AddFile("FsCheck", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "FsCheck.dll"))), "does not use Gateway.Abstractions: it is no plug-in of the gateway");

    [Fact]
    public void Another_major_version_of_the_contract_is_refused() =>
        AssertFault(() => _folder.AddBuiltFor("next", new Version(Contract.Major + 1, 0)), $"was built for Gateway.Abstractions {Contract.Major + 1}.0, and this gateway has {Contract.ToString(2)}: build it against {Contract.Major}.x");

    [Fact]
    public void A_newer_minor_version_of_the_contract_is_refused() =>
        AssertFault(() => _folder.AddBuiltFor("newer", new Version(Contract.Major, Contract.Minor + 1)), $"was built for Gateway.Abstractions {Contract.Major}.{Contract.Minor + 1}, and this gateway has {Contract.ToString(2)}: install a newer gateway, or build it against {Contract.ToString(2)}");

    [Fact]
    public void An_assembly_that_offers_nothing_is_told() =>
        AssertFault(() => _folder.AddBuiltFor("nothing", new Version(Contract.Major, 0)), "has no public class that implements IDriver, ITransport or IHostExtension");

    [Fact]
    public void A_constructor_that_throws_costs_its_class_only() =>
        AssertFault(() => _folder.AddExtension("throws", wantsSomething: false), "its class Extension could not be made: NotSupportedException: no such thing");

    [Fact]
    public void A_class_without_a_plain_constructor_is_told() =>
        AssertFault(() => _folder.AddExtension("wants", wantsSomething: true), "its class Extension has no public constructor that takes nothing or IHardware alone");

    [Fact]
    public void A_broken_list_of_dependencies_costs_its_plugin_only()
    {
        _folder.AddExample();
        var assembly = Directory.GetFiles(_folder.Path, "*.dll", SearchOption.AllDirectories).First(path => Path.GetFileNameWithoutExtension(path) == Path.GetFileName(Path.GetDirectoryName(path)));
        var broken = _folder.Add("broken");
        File.Copy(assembly, Path.Combine(broken, "broken.dll"));
        File.WriteAllText(Path.Combine(broken, "broken.deps.json"), "{ this is none");

        var loaded = PluginLoader.Load([_folder.Path], [], Hardware);

        Assert.Contains("broken.dll: cannot be loaded", Assert.Single(loaded.Faults), StringComparison.Ordinal);
        Assert.NotEmpty(loaded.Drivers);
    }

    [Fact]
    public void No_folder_is_no_plugin() => Assert.Empty(PluginLoader.Load([Path.Combine(_folder.Path, "none")], [], Hardware).Faults);

    private LoadedPlugins Load() => PluginLoader.Load([_folder.Path], DriverCatalog.Create(), Hardware);

    // What is wrong with one plug-in leaves the others alone.
    private void AssertFault(Action add, string sentence)
    {
        _folder.AddExample();
        add();

        var plugins = Load();

        Assert.Single(plugins.Drivers);
        Assert.Contains(".dll: " + sentence, Assert.Single(plugins.Faults), StringComparison.Ordinal);
    }

    private sealed class NoHardware : IHardware
    {
        public II2cBus OpenI2c(string adapter) => throw new NotSupportedException();

        public ISpiDevice OpenSpi(string device, SpiSettings settings) => throw new NotSupportedException();

        public IGpioChip OpenGpio(string chip) => throw new NotSupportedException();
    }
}
