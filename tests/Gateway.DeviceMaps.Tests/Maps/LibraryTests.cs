using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.TestSupport;

namespace Gateway.DeviceMaps.Tests.Maps;

/// <summary>What ships in <c>devicemaps/</c>.</summary>
public class LibraryTests
{
    private static readonly DiskFiles Files = new(Path.Combine(Repository.Root, "devicemaps"));
    private static readonly ProfileLibrary Library = new(Files, ["library"]);

    public static TheoryData<string> Profiles => [.. Library.List()];

    public static TheoryData<string> Examples => [.. Files.ListFiles("examples")];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_profile_makes_a_device(string name)
    {
        var files = new Overlay("map.yaml", $"bus: {{ modbus: rtu, port: /dev/ttyUSB0 }}\ndevices: [{{ name: d, profile: {name} }}]\n");

        var result = new MapLoader(DriverCatalog.Create(), DriverCatalog.NotYetAvailable, files).Load(["map.yaml"], new ProfileLibrary(files, ["library"]));

        Assert.Empty(result.Diagnostics);
        var device = Assert.Single(Assert.Single(result.Buses).Devices);
        Assert.Equal(name, device.Profile);
        Assert.All(device.Points, point => Assert.Matches("^[a-z][a-z0-9_]*$", point.Name));
        Assert.All(device.Points.Where(point => point.Name != "power_factor"), point => Assert.NotNull(point.Unit));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_valid(string name)
    {
        var result = new MapLoader(DriverCatalog.Create(), DriverCatalog.NotYetAvailable, Files).Load([Path.Combine("examples", name)], Library);

        Assert.Empty(result.Diagnostics);
        Assert.NotEmpty(result.Buses);
    }

    [Fact]
    public void The_library_is_not_empty() => Assert.Contains("eastron/sdm630", Library.List());

    /// <summary>One file in memory before those that ship.</summary>
    private sealed class Overlay(string path, string text) : ISourceFiles
    {
        private readonly MemoryFiles _own = new() { [path] = text };

        public bool IsFile(string path) => _own.IsFile(path) || Files.IsFile(path);

        public bool IsFolder(string path) => Files.IsFolder(path);

        public IReadOnlyList<string> ListFiles(string folder) => Files.ListFiles(folder);

        public IReadOnlyList<string> ListFolders(string folder) => Files.ListFolders(folder);

        public Stream OpenRead(string path) => _own.IsFile(path) ? _own.OpenRead(path) : Files.OpenRead(path);
    }
}
