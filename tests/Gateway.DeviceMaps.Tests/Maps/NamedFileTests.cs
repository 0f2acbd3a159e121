using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Maps;

namespace Gateway.DeviceMaps.Tests.Maps;

/// <summary>Files that maps and profiles name, and keys that stand for profiles.</summary>
public class NamedFileTests
{
    private const string Map = "bus: { wire: x }\ndevices: [{ name: d, decoder: decoders/a.js, points: { x: {} } }]\n";

    private readonly MemoryFiles _files = [];

    [Fact]
    public void A_file_is_read_from_the_folder_of_the_map_with_the_one_beside_it()
    {
        _files["maps/a.yaml"] = Map;
        _files["maps/decoders/a.js"] = "code";
        _files["maps/decoders/a.test.json"] = "[]";

        var result = Load();

        Assert.Empty(result.Diagnostics);
        Assert.Equal(
            new SourceFile("maps/decoders/a.js", "code", new SourceFile("maps/decoders/a.test.json", "[]", null)),
            result.Buses[0].Devices[0].Settings.Get<SourceFile>("decoder"));
        Assert.Equal(["maps/a.yaml", "maps/decoders/a.js", "maps/decoders/a.test.json"], result.Files);
    }

    [Fact]
    public void A_file_that_comes_later_is_looked_for()
    {
        _files["maps/a.yaml"] = Map;
        var missing = Load();

        Assert.Equal(
            "maps/a.yaml:2:31: error: 'decoder' names a file that is not there: maps/decoders/a.js; a path begins at the folder of the file that names it",
            Assert.Single(missing.Diagnostics).ToString());
        Assert.Equal(["maps/a.yaml", "maps/decoders/a.js"], missing.Files);
        _files["maps/decoders/a.js"] = "code";
        Assert.Null(Load().Buses[0].Devices[0].Settings.Get<SourceFile>("decoder").Companion);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../a.js")]
    [InlineData("decoders/../../a.js")]
    public void A_file_elsewhere_is_refused_whether_or_not_it_is_there(string path)
    {
        _files["maps/a.yaml"] = Map.Replace("decoders/a.js", path, StringComparison.Ordinal);
        _files[path] = "code";

        var result = Load();

        Assert.Equal($"maps/a.yaml:2:31: error: 'decoder' must name a file in the folder of the file that names it, or below, found '{path}'; copy it there", Assert.Single(result.Diagnostics).ToString());
        Assert.Equal(["maps/a.yaml"], result.Files);
    }

    [Fact]
    public void What_a_file_says_is_part_of_what_runs()
    {
        _files["maps/a.yaml"] = Map;
        _files["maps/decoders/a.js"] = "code";
        var before = Load().Buses[0].Fingerprint;
        _files["maps/decoders/a.js"] = "other code";

        Assert.NotEqual(before, Load().Buses[0].Fingerprint);
    }

    [Fact]
    public void A_key_stands_for_a_profile_whose_files_are_beside_it()
    {
        _files["maps/a.yaml"] = "bus: { wire: x }\ndevices: [{ name: d, protocol: talk }]\n";
        _files["maps/library/acme/talker.yaml"] = "driver: wire\ndescription: d\nsource: s\ndecoder: a.js\npoints: { x: {}, y: {} }\n";
        _files["maps/library/acme/a.js"] = "code";

        var result = Load();

        Assert.Empty(result.Diagnostics);
        var device = result.Buses[0].Devices[0];
        Assert.Equal(("acme/talker", "talk", 2), (device.Profile, device.Settings.Get<string>("protocol"), device.Points.Count));
        Assert.Equal("maps/library/acme/a.js", device.Settings.Get<SourceFile>("decoder").Path);
    }

    [Fact]
    public void A_profile_that_is_named_goes_before_the_one_that_a_key_stands_for()
    {
        _files["maps/a.yaml"] = "bus: { wire: x }\ndevices: [{ name: d, protocol: talk, profile: own/talker }]\n";
        _files["maps/library/own/talker.yaml"] = "driver: wire\ndescription: d\nsource: s\npoints: { z: {} }\n";

        Assert.Equal("z", Load().Buses[0].Devices[0].Points[0].Name);
    }

    private MapLoadResult Load() => new MapLoader([new WireDriver()], _files).Load(["maps"]);

    private sealed class WireDriver : IDriver
    {
        public DriverSchema Schema { get; } = new()
        {
            Name = "wire",
            Description = "For tests.",
            Selector = new() { Name = "wire", Type = KeyType.Text, Required = true, Description = "Which." },
            Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "a wire", Keys = [] } },
            Device = new()
            {
                Name = "a wire device",
                Keys =
                [
                    new() { Name = "protocol", Type = KeyType.Choice, Choices = ["talk", "shout"], Description = "How." },
                    new() { Name = "decoder", Type = KeyType.File, Companion = ".test.json", Description = "What by." },
                ],
            },
            Point = new() { Name = "a wire point", Keys = [] },
            NamedProfiles = new("protocol", new Dictionary<string, string> { ["talk"] = "acme/talker" }),
        };

        public string NameBus(Settings bus) => $"wire {bus.Get<string>("wire")}";

        public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
        {
        }

        public IBus Open(BusDefinition bus, DriverContext context) => throw new NotSupportedException();
    }
}
