using System.Text.Json;
using Gateway.Commands;
using Gateway.Hosting;
using Gateway.TestSupport;

namespace Gateway.Tests.Commands;

/// <summary>What <c>gateway diff</c> says of edits, against what <c>gateway run</c> kept when it took the files up.</summary>
public sealed class DiffCommandTests : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public DiffCommandTests()
    {
        _folder.Configure();
        WriteTwoBuses();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Before_the_first_start_all_is_new() => Assert.Equal(
        """
        + bus modbus tcp 10.0.0.7:502: meter
        + bus modbus tcp 10.0.0.8:502: boiler, pump
        Nothing has been taken up yet: all of it is new.

        """,
        Diff());

    [Fact]
    public void What_was_not_edited_does_not_change()
    {
        TakeUp();
        WriteTwoBuses(comment: "# another comment\n");

        Assert.Equal("Nothing would change.\n", Diff());
    }

    [Fact]
    public void An_edit_of_a_point_costs_its_device_alone()
    {
        TakeUp();
        WriteTwoBuses(pump: "{ holding: 2, scale: 0.1 }");

        Assert.Equal(
            """
            ~ bus modbus tcp 10.0.0.8:502
            ~   device pump
            ~     point pump.speed: holding: 1 → 2, scale: 1 → 0.1
            1 of 3 devices would be read anew; the others do not miss a poll.

            """,
            Diff());
    }

    [Fact]
    public void Points_devices_and_buses_come_and_go()
    {
        TakeUp();
        _folder.WriteMap("one.yaml", """
            bus: { modbus: tcp, host: 10.0.0.7 }
            devices: [{ name: meter, every: 2 s, points: { power: { holding: 1 }, energy: { holding: 2 } } }, { name: new, points: { x: { holding: 0 } } }]
            """);
        File.Delete(Path.Combine(_folder.MapFolder, "two.yaml"));

        Assert.Equal(
            """
            ~ bus modbus tcp 10.0.0.7:502
            ~   device meter
            +     point meter.energy
            ~     point meter.power: every: 1 s → 2 s
            +   device new
            - bus modbus tcp 10.0.0.8:502: boiler, pump
            2 of 2 devices would be read anew; the others do not miss a poll.

            """,
            Diff());
    }

    [Fact]
    public void Sections_say_what_they_cost()
    {
        TakeUp();
        _folder.Configure("""
            uplink: { url: "mqtt://10.0.0.1" }
            metrics: { otlp: "http://10.0.0.1:4318" }
            """);

        Assert.Equal(
            """
            ~ section site, uplink, publish or queue: uplinks and queue restart, polling does not; what waits stays in the queue
            ~ section metrics
            0 of 3 devices would be read anew; the others do not miss a poll.

            """,
            Diff());
    }

    [Fact]
    public void Scripts_get_JSON()
    {
        TakeUp();
        WriteTwoBuses(pump: "{ holding: 2 }");
        using var document = JsonDocument.Parse(Diff(asJson: true));

        Assert.Equal(["bus", "device", "point"], document.RootElement.EnumerateArray().Select(change => change.GetProperty("kind").GetString()));
        Assert.Equal("holding: 1 → 2", document.RootElement[2].GetProperty("detail").GetString());
    }

    [Fact]
    public void What_is_not_valid_would_change_nothing()
    {
        TakeUp();
        WriteTwoBuses(pump: "{ holdin: 2 }");
        using var error = new StringWriter();

        var refusal = Assert.Throws<CommandException>(() => DiffCommand.Run(_folder.ConfigurationPath, _folder.DataFolder, asJson: false, TextWriter.Null, error));

        Assert.Equal(1, refusal.ExitCode);
        Assert.Contains("two.yaml:4:", error.ToString(), StringComparison.Ordinal);
    }

    private void WriteTwoBuses(string pump = "{ holding: 1 }", string comment = "")
    {
        _folder.WriteMap("one.yaml", comment + """
            bus: { modbus: tcp, host: 10.0.0.7 }
            devices: [{ name: meter, every: 1 s, points: { power: { holding: 1 } } }]
            """);
        _folder.WriteMap("two.yaml", $$"""
            bus: { modbus: tcp, host: 10.0.0.8 }
            devices:
              - { name: boiler, points: { flow: { holding: 1 } } }
              - { name: pump, points: { speed: {{pump}} } }
            """);
    }

    // As the service does once it has taken them up.
    private void TakeUp()
    {
        var files = new RecordingFiles(_folder.ConfigurationPath);
        Assert.True(new ConfigurationReader(InstalledPlugins.CreateDrivers()).Read(_folder.ConfigurationPath, files).IsValid);
        Directory.CreateDirectory(_folder.DataFolder);
        new LastGoodCopy(_folder.DataFolder, _folder.ConfigurationPath, "0.1.0").Save(files);
    }

    private string Diff(bool asJson = false)
    {
        using var output = new StringWriter();
        Assert.Equal(0, DiffCommand.Run(_folder.ConfigurationPath, _folder.DataFolder, asJson, output, TextWriter.Null));
        return output.ToString();
    }
}
