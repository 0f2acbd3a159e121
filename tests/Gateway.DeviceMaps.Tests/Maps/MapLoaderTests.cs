using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Maps;

namespace Gateway.DeviceMaps.Tests.Maps;

public class MapLoaderTests
{
    private readonly MemoryFiles _files = [];

    [Fact]
    public void A_map_becomes_a_bus_with_devices_and_points()
    {
        _files["maps/a.yaml"] = """
            bus: { fake: line, port: /dev/ttyUSB0 }
            devices:
              - name: boiler
                unit: 2
                every: 5 s
                points:
                  flow: { holding: 100, type: float32, scale: 0.1, offset: -40, unit: °C, deadband: 0.2, min: -40, max: 1e2 }
                  pump: { coil: 0x10, write: true, every: 20ms, report: always }
                  mode: { holding: 12, enum: { 0: "off", 1: on, 0x2: comfort }, monotonic: True, heartbeat: 1 h }
            """;

        var bus = Assert.Single(LoadValid());

        Assert.Equal(("fake", "fake /dev/ttyUSB0"), (bus.DriverName, bus.Name));
        Assert.Equal(9600L, bus.Settings.Get<long>("baud"));
        Assert.Equal("maps/a.yaml:1:6", bus.Location.ToString());
        var device = Assert.Single(bus.Devices);
        Assert.Equal(("boiler", 2L, null), (device.Name, device.Settings.Get<long>("unit"), device.Profile));
        Assert.Equal(["flow", "pump", "mode"], device.Points.Select(point => point.Name));

        var flow = device.Points[0];
        Assert.Equal(("boiler", TimeSpan.FromSeconds(5), "°C", 0.1m, -40m), (flow.DeviceName, flow.Every, flow.Unit, flow.Scale, flow.Offset));
        Assert.Equal((ReportMode.Change, 0.2m, TimeSpan.FromMinutes(10)), (flow.Report, flow.Deadband, flow.Heartbeat));
        Assert.Equal((-40m, 100m, false, false), (flow.Minimum, flow.Maximum, flow.Writable, flow.Monotonic));
        Assert.Equal(("float32", 100L), (flow.Settings.Get<string>("type"), flow.Settings.Get<long>("holding")));
        Assert.Equal("maps/a.yaml:7:13", flow.Location.ToString());
        Assert.Equal("maps/a.yaml:7:35", flow.Settings.Locate("type").ToString());

        var pump = device.Points[1];
        Assert.Equal((16L, TimeSpan.FromMilliseconds(20), true, ReportMode.Always), (pump.Settings.Get<long>("coil"), pump.Every, pump.Writable, pump.Report));

        var mode = device.Points[2];
        Assert.Equal([(0, "off"), (1, "on"), (2, "comfort")], mode.Enumeration!.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal((true, ReportMode.Change, TimeSpan.FromHours(1)), (mode.Monotonic, mode.Report, mode.Heartbeat));
    }

    [Fact]
    public void Every_defaults_to_ten_seconds()
    {
        _files["maps/a.yaml"] = "bus: { fake: line, port: p }\ndevices: [{ name: d, points: { x: { holding: 1 } } }]\n";

        Assert.Equal(TimeSpan.FromSeconds(10), LoadValid()[0].Devices[0].Points[0].Every);
    }

    [Fact]
    public void Each_document_is_a_bus_and_the_order_of_keys_does_not_matter()
    {
        _files["maps/b.yaml"] = """
            devices: [{ points: { x: { holding: 1 } }, name: one }]
            bus: { port: p, fake: line }
            ---
            # nothing here
            ---
            bus: { fake: net, host: h }
            devices: [{ name: two, points: { x: { holding: 1 } } }]
            """;
        _files["maps/a.yaml"] = "bus: { fake: net, host: a }\ndevices: [{ name: zero, points: { x: { holding: 1 } } }]\n";
        _files["maps/sub/c.yaml"] = "not a map\n";

        Assert.Equal(["fake a", "fake p", "fake h"], LoadValid().Select(bus => bus.Name));
    }

    [Fact]
    public void A_profile_gives_what_the_device_does_not_say()
    {
        _files["maps/library/acme/m1.yaml"] = """
            driver: fake
            description: Meter
            source: https://example.org/
            unit: 7
            every: 2 s
            points:
              voltage: { holding: 0, type: float32, unit: V, every: 1 min }
              current: { holding: 6, unit: A }
            """;
        _files["maps/a.yaml"] = """
            bus: { fake: line, port: p }
            devices:
              - name: d
                profile: acme/m1
                every: 1 s
                points:
                  current: { coil: 8, scale: 2 }
                  extra: { holding: 9 }
            """;

        var device = LoadValid()[0].Devices[0];

        Assert.Equal(("acme/m1", 7L), (device.Profile, device.Settings.Get<long>("unit")));
        Assert.Equal(["voltage", "current", "extra"], device.Points.Select(point => point.Name));
        Assert.Equal([1, 1, 1], device.Points.Select(point => (int)point.Every.TotalSeconds));
        var current = device.Points[1];
        Assert.Equal(("A", 2m, 8L), (current.Unit, current.Scale, current.Settings.Get<long>("coil")));
        Assert.False(current.Settings.TryGet<long>("holding", out _));
        Assert.Equal("maps/library/acme/m1.yaml:7:12", device.Points[0].Location.ToString());
        Assert.Equal("maps/a.yaml:7:24", current.Settings.Locate("coil").ToString());
    }

    [Theory]
    [InlineData("", "60 2")]
    [InlineData(", every: 5 min", "300 300")]
    [InlineData(", every: 5 min, points: { voltage: { every: 1 s } }", "1 300")]
    public void Rates_of_a_profile_are_defaults(string own, string expected)
    {
        _files["maps/library/acme/m1.yaml"] = "driver: fake\ndescription: Meter\nsource: x\nevery: 2 s\npoints: { voltage: { holding: 0, every: 1 min }, current: { holding: 6 } }\n";
        _files["maps/a.yaml"] = $"bus: {{ fake: line, port: p }}\ndevices: [{{ name: d, profile: acme/m1{own} }}]\n";

        Assert.Equal(expected, string.Join(' ', LoadValid()[0].Devices[0].Points.Select(point => (int)point.Every.TotalSeconds)));
    }

    [Fact]
    public void An_error_in_a_profile_is_reported_once_at_its_own_place()
    {
        _files["maps/library/acme/m1.yaml"] = "driver: fake\ndescription: Meter\nsource: x\npoints:\n  v: { holding: zero }\n";
        _files["maps/a.yaml"] = "bus: { fake: line, port: p }\ndevices:\n  - { name: a, profile: acme/m1 }\n  - { name: b, profile: acme/m1 }\n";

        Assert.Equal(["maps/library/acme/m1.yaml:5:17: error: 'holding' must be a whole number, found 'zero'"], LoadInvalid());
    }

    [Fact]
    public void The_library_is_beside_the_maps_then_the_machines_then_the_packages()
    {
        _files["maps/a.yaml"] = "";

        Assert.Equal(
            ["maps/library", "more/library", "/etc/gateway/devicemaps/library", "/usr/share/gateway/devicemaps/library", Path.Combine(AppContext.BaseDirectory, "devicemaps/library")],
            ProfileLibrary.SearchPath(["maps", "maps/a.yaml", "more/b.yaml"], _files));
    }

    [Fact]
    public void Folders_of_the_library_are_searched_in_order()
    {
        _files["one/acme/m1.yaml"] = Profile("one");
        _files["two/acme/m1.yaml"] = Profile("two");
        _files["two/acme/m2.yaml"] = Profile("two");
        var library = new ProfileLibrary(_files, ["one", "two"]);

        Assert.Equal("one/acme/m1.yaml", library.Find("acme/m1"));
        Assert.Equal("two/acme/m2.yaml", library.Find("acme/m2"));
        Assert.Null(library.Find("acme/m3"));
        Assert.Equal(["acme/m1", "acme/m2"], library.List());

        static string Profile(string description) => $"driver: fake\ndescription: {description}\nsource: x\npoints: {{ v: {{ holding: 1 }} }}\n";
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("acme/../../x")]
    [InlineData("acme/..")]
    [InlineData("acme/m1/../m1")]
    [InlineData("acme/m1\n")]
    public void A_profile_s_name_cannot_lead_out_of_the_library(string name)
    {
        _files[$"lib/{name}.yaml"] = "driver: fake\n";

        Assert.Null(new ProfileLibrary(_files, ["lib"]).Find(name));
    }

    [Fact]
    public void Nothing_runs_while_anything_is_wrong_and_everything_wrong_is_told()
    {
        _files["maps/a.yaml"] = """
            bus: { fake: line, baud: fast }
            devices:
              - name: a/b
                adress: 3
                points:
                  x: { holding: 70000 }
                  y: { coil: 1, type: float32 }
              - name: good
                points:
                  x: { holding: 1 }
            """;
        _files["maps/b.yaml"] = "bus: { fake: line, port: p }\ndevices: [{ name: good, points: { x: { coil: 1, type: uint16 } } }]\n";

        Assert.Equal(
            [
                "maps/a.yaml:1:6: error: a fake line bus needs 'port', for example port: /dev/ttyUSB0",
                "maps/a.yaml:1:26: error: 'baud' must be a whole number, found 'fast'",
                "maps/a.yaml:3:11: error: 'a/b' cannot be the name of a device: '/' has a meaning of its own in topics",
                "maps/a.yaml:4:5: error: unknown key 'adress' in a fake device; allowed are 'name', 'profile', 'every', 'retry-after', 'max-retry-after', 'points' and 'unit'",
                "maps/a.yaml:6:21: error: 'holding' must be between 0 and 65535, found '70000'",
                "maps/b.yaml:2:19: error: a device 'good' is already in maps/a.yaml:8:11; names are unique over all maps",
                "maps/b.yaml:2:55: error: a coil has no type",
            ],
            LoadInvalid());
    }

    [Fact]
    public void A_warning_does_not_keep_a_map_from_running()
    {
        _files["maps/a.yaml"] = "bus: { fake: line, port: p }\ndevices: [{ name: d, points: { x: { holding: 1, report: always, deadband: 1 } } }]\n";
        _files["maps/b.yml"] = "";
        _files["maps/c.yaml"] = "# nothing yet\n";

        var result = Load();

        Assert.False(result.HasErrors);
        Assert.Single(result.Buses);
        Assert.Equal(
            [
                "maps/a.yaml:2:75: warning: 'deadband' has no effect with report: always; remove one of them",
                "maps/b.yml: warning: the file is not read: the name of a map ends in '.yaml'",
                "maps/c.yaml: warning: the map is empty: it has neither 'bus' nor 'devices'",
            ],
            result.Diagnostics.Select(diagnostic => diagnostic.ToString()));
    }

    [Fact]
    public void The_files_that_a_result_depends_on_are_named()
    {
        _files["maps/library/acme/m1.yaml"] = "driver: fake\ndescription: d\nsource: x\npoints: { v: { holding: 1 } }\n";
        _files["maps/a.yaml"] = "bus: { fake: line, port: p }\ndevices: [{ name: a, profile: acme/m1 }]\n";

        Assert.Equal(["maps/a.yaml", "maps/library/acme/m1.yaml"], Load().Files);
    }

    [Fact]
    public void Of_one_file_a_hundred_findings_are_shown()
    {
        _files["maps/a.yaml"] = "bus: { fake: line, port: p }\ndevices: [{ name: d, points: {" + string.Concat(Enumerable.Range(0, 150).Select(n => $" p{n}: {{ holding: x }},")) + " } }]\n";

        var diagnostics = LoadInvalid();

        Assert.Equal(101, diagnostics.Count);
        Assert.Equal("maps/a.yaml: error: 50 more findings in this file are not shown", diagnostics[^1]);
    }

    private MapLoadResult Load() => new MapLoader([new FakeDriver()], _files).Load(["maps"]);

    private IReadOnlyList<BusDefinition> LoadValid()
    {
        var result = Load();
        Assert.Empty(result.Diagnostics);
        return result.Buses;
    }

    private List<string> LoadInvalid()
    {
        var result = Load();
        Assert.True(result.HasErrors);
        Assert.Empty(result.Buses);
        return [.. result.Diagnostics.Select(diagnostic => diagnostic.ToString())];
    }
}
