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

    private static readonly Dictionary<string, string> OneWireIds = new()
    {
        ["maxim/ds18b20"] = "28-00000a1b2c3d",
        ["maxim/ds18s20"] = "10-00000a1b2c3d",
        ["maxim/ds1822"] = "22-00000a1b2c3d",
        ["maxim/ds1825"] = "3b-00000a1b2c3d",
        ["maxim/ds28ea00"] = "42-00000a1b2c3d",
    };

    public static TheoryData<string> Profiles => [.. Library.List()];

    public static TheoryData<string> Examples => [.. Files.ListFiles("examples")];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_profile_makes_a_device(string name)
    {
        var bus = Library.Describe(name)!.Driver switch
        {
            "serial" => "serial: /dev/ttyUSB0",
            "i2c" => "i2c: 1",
            "spi" => "spi: 0.0",
            "onewire" => "onewire: 1",
            "sysfs" => "sysfs: /sys",
            _ => "modbus: tcp, host: 127.0.0.1",
        };
        var id = Library.Describe(name)!.Driver == "onewire" ? $", id: {OneWireIds[name]}" : "";
        var files = new Overlay("map.yaml", $"bus: {{ {bus} }}\ndevices: [{{ name: d, profile: {name}{id} }}]\n");

        var result = new MapLoader(DriverCatalog.Create(), files).Load(["map.yaml"], new ProfileLibrary(files, ["library"]));

        Assert.Empty(result.Diagnostics);
        var device = Assert.Single(Assert.Single(result.Buses).Devices);
        Assert.Equal(name, device.Profile);
        Assert.All(device.Points, point => Assert.Matches("^[a-z][a-z0-9_]*$", point.Name));
        Assert.All(device.Points.Where(point => point.Writable && point.Unit is not null), point => Assert.True(point is { WriteMinimum: not null, WriteMaximum: not null }, $"{point} may be written and has no range"));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_profile_says_what_it_is_and_where_its_registers_are_from(string name)
    {
        var profile = Library.Describe(name)!;

        Assert.NotEmpty(profile.Description);
        Assert.All(profile.Sources, source => Assert.Matches("^(https://|[A-Z])", source));
        Assert.NotEmpty(profile.Sources);
        Assert.NotEmpty(profile.Points);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_valid(string name)
    {
        var result = new MapLoader(DriverCatalog.Create(), Files).Load([Path.Combine("examples", name)], Library);

        Assert.Empty(result.Diagnostics);
        Assert.NotEmpty(result.Buses);
    }

    [Fact]
    public void The_library_has_what_people_have() => Assert.InRange(Library.List().Count, 50, 1000);

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
