using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;
using Gateway.Runtime.Configuration;

namespace Gateway.Tests.Hosting;

[SupportedOSPlatform("linux")]
public sealed partial class FirstConfigurationTests : IDisposable
{
    private static readonly ConfigurationReader Reader = new(InstalledPlugins.CreateDrivers());

    private static readonly FirstBus Meter = new(
        Keys("modbus: tcp", "host: 10.0.0.7", "port: 502"), Keys("name: main-meter", "profile: eastron/sdm630", "unit: 1", "every: 1 s"));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    private string ConfigurationPath => Path.Combine(_folder.FullName, "gateway.yaml");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_was_answered_is_what_runs()
    {
        var first = FirstConfiguration.Compose(
            new FirstAnswers { Site = "plant1", Uplink = new FirstUplink("mqtts://broker.example.org:8883", "ann") { Password = "s3cret" }, Bus = Meter }, ConfigurationPath);
        Assert.Empty(first.Check(InstalledPlugins.CreateDrivers()));
        Assert.Empty(_folder.EnumerateFileSystemInfos());

        first.Write();

        var read = Reader.Read(ConfigurationPath, new DiskFiles());
        Assert.Empty(read.Diagnostics);
        var uplink = Assert.Single(read.Options!.Uplinks);
        Assert.Equal(("plant1", "ann", "s3cret"), (read.Options.Site, uplink.Username, uplink.Password!.Reveal()));
        Assert.Equal([new Uri("mqtts://broker.example.org:8883")], uplink.Urls);
        Assert.Equal(Path.Combine(_folder.FullName, "data"), read.Options.Data);
        var device = Assert.Single(Assert.Single(read.Buses).Devices);
        Assert.Equal("main-meter", device.Name);
        Assert.NotEmpty(device.Points);
        Assert.Equal(["devicemaps", "gateway.yaml", "main-meter.yaml", "uplink.password"], Names());
    }

    [Fact]
    public void The_password_is_for_its_owner_and_the_service()
    {
        FirstConfiguration.Compose(new FirstAnswers { Uplink = new FirstUplink("mqtt://b", "ann") { Password = "x" } }, ConfigurationPath).Write();

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(_folder.FullName, "uplink.password")) & ~UnixFileMode.GroupRead);
        Assert.DoesNotContain("x", File.ReadAllLines(ConfigurationPath).Where(line => line.Contains("password:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("12")]
    [InlineData("1e3")]
    [InlineData("a: b")]
    [InlineData("a , b")]
    [InlineData("{x}")]
    [InlineData("- a")]
    [InlineData("\"")]
    [InlineData("it's")]
    [InlineData("Büro 2")]
    [InlineData("&anchor")]
    [InlineData("a\nuplink: b")]
    public void Any_text_comes_back_as_it_was_typed(string text)
    {
        var bus = new FirstBus(Keys("simulated: true"), [new("name", text), .. Keys("every: 1 s")]) { Points = [new("x", Keys("unit: °C", "simulate: sine(5, 25, 10 min)"))] };
        FirstConfiguration.Compose(new FirstAnswers { Site = text, Uplink = new FirstUplink("mqtt://b", text), Bus = bus }, ConfigurationPath).Write();

        var (options, diagnostics) = new ConfigurationLoader(new DiskFiles()).Load(ConfigurationPath);
        if (text.Contains('\n', StringComparison.Ordinal))
        {
            Assert.Contains(diagnostics, found => found.Message.Contains("control character", StringComparison.Ordinal));
            return;
        }

        Assert.Empty(diagnostics);
        Assert.Equal((text, text), (options!.Site, options.Uplinks[0].Username));
        var map = Reader.Read(ConfigurationPath, new DiskFiles());
        Assert.Equal([text], map.Buses.SelectMany(each => each.Devices).Select(device => device.Name));
    }

    [Theory]
    [InlineData("modbus: rtu, port: /dev/serial/by-id/usb-FTDI_FT232R-if00-port0, baud: 9600, parity: none", "name: m, profile: eastron/sdm630, unit: 1, every: 5 s")]
    [InlineData("i2c: 1", "name: attic, sensor: bme280, address: 0x76, every: 30 s")]
    [InlineData("onewire: 1", "name: boiler, sensor: ds18b20, id: 28-00000a1b2c3d, every: 10 s")]
    [InlineData("sysfs: /sys", "name: machine, class: system, every: 10 s")]
    public void Every_bus_that_is_offered_can_be_checked(string bus, string device)
    {
        var first = FirstConfiguration.Compose(new FirstAnswers { Bus = new FirstBus(Keys(bus.Split(", ")), Keys(device.Split(", "))) }, ConfigurationPath);

        Assert.Empty(first.Check(InstalledPlugins.CreateDrivers()));
    }

    [Fact]
    public void What_is_commented_out_is_valid_without_its_hash()
    {
        FirstConfiguration.Compose(new FirstAnswers { Bus = Meter }, ConfigurationPath).Write();
        File.WriteAllText(Path.Combine(_folder.FullName, "uplink.password"), "x");
        var lines = File.ReadAllLines(ConfigurationPath).SkipWhile(line => line.Contains("schema", StringComparison.Ordinal)).Select(line => Commented().Replace(line, "$1")).ToArray();
        Assert.Contains("uplink:", lines);
        Assert.Contains("web:", lines);
        File.WriteAllLines(ConfigurationPath, lines);

        Assert.Empty(Reader.Read(ConfigurationPath, new DiskFiles()).Diagnostics);
    }

    [Fact]
    public void A_wrong_answer_is_named_at_its_place_and_other_maps_are_not()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "devicemaps"));
        File.WriteAllText(Path.Combine(_folder.FullName, "devicemaps", "other.yaml"), "bus: nonsense\n");
        var wrong = Meter with { Device = Keys("name: main-meter", "profile: eastron/sdm6300") };
        var found = FirstConfiguration.Compose(new FirstAnswers { Bus = wrong }, ConfigurationPath).Check(InstalledPlugins.CreateDrivers());

        var only = Assert.Single(found);
        Assert.EndsWith("main-meter.yaml", only.Location.File, StringComparison.Ordinal);
        Assert.Contains("eastron/sdm630", only.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway.yaml", "site: mine\n")]
    [InlineData("devicemaps/main-meter.yaml", "# mine\n")]
    [InlineData("uplink.password", "#mine\n")]
    public void What_somebody_wrote_stays(string name, string text)
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "devicemaps"));
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        var first = FirstConfiguration.Compose(new FirstAnswers { Uplink = new FirstUplink("mqtt://b", "ann") { Password = "x" }, Bus = Meter }, ConfigurationPath);

        var refusal = Assert.Throws<FirstConfigurationException>(first.Write);

        Assert.Equal($"{path} is there already and stays as it is: edit it, or move it away", refusal.Message);
        Assert.Equal(text, File.ReadAllText(path));
        Assert.Single(_folder.EnumerateFiles("*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Comments_alone_are_no_configuration()
    {
        Assert.False(FirstConfiguration.IsWritten(ConfigurationPath));
        File.WriteAllText(ConfigurationPath, "# site: plant1\n\n  # more\n");
        Assert.False(FirstConfiguration.IsWritten(ConfigurationPath));

        FirstConfiguration.Compose(new FirstAnswers { Site = "plant1" }, ConfigurationPath).Write();

        Assert.True(FirstConfiguration.IsWritten(ConfigurationPath));
        Assert.Equal(["gateway.yaml"], Names());
    }

    [Fact]
    public void What_cannot_be_written_whole_is_not_written_at_all()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "devicemaps"), "a file where the folder should be");
        var first = FirstConfiguration.Compose(new FirstAnswers { Uplink = new FirstUplink("mqtt://b", "ann") { Password = "x" }, Bus = Meter }, ConfigurationPath);

        var refusal = Assert.Throws<FirstConfigurationException>(first.Write);

        Assert.StartsWith($"{_folder.FullName} cannot be written to: ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["devicemaps"], Names());
    }

    private static KeyValuePair<string, string>[] Keys(params string[] keys) =>
        [.. keys.Select(key => key.Split(": ", 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1]))];

    private string[] Names() => [.. _folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry => entry.Name).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"^# ( *[a-z-]+:(?: .*)?)$")]
    private static partial Regex Commented();
}
