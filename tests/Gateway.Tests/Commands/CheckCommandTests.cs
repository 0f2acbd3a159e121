using System.Text.Json;
using Gateway.Commands;
using Gateway.DeviceMaps.Files;
using Gateway.TestSupport;

namespace Gateway.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public static TheoryData<string> BrokenCases => [.. BrokenCase.Names];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(BrokenCases))]
    public void RefusesEveryBrokenCaseWithItsMessage(string name)
    {
        var broken = BrokenCase.Read(name);

        var (exitCode, _, error) = Check(broken.Folder, [.. broken.Arguments]);

        Assert.Equal(string.Concat(broken.Expected.Select(line => line + "\n")), error);
        Assert.Equal(1, exitCode);
    }

    [Fact]
    public void PrintsTheLoadOfEachBus()
    {
        Write("pv.yaml", """
            bus: { modbus: tcp, host: 10.0.0.7 }
            devices:
              - { name: pv, unit: 126, every: 2 s, points: { power: { holding: 1 }, energy: { holding: 2 } } }
            """);

        var (exitCode, output, error) = Check(_folder.FullName, "pv.yaml");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.StartsWith("bus                      devices  points  load", output, StringComparison.Ordinal);
        Assert.Contains("modbus tcp 10.0.0.7:502  1        2", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Scripts_get_JSON_and_the_errors_of_maps_beside_those_of_the_configuration()
    {
        Write("gateway.yaml", "sites: plant1\ndevicemaps: maps\n");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "maps"));
        Write("maps/pv.yaml", "bus: { modbus: tcp, host: 10.0.0.7 }\ndevices: [{ name: pv, points: { power: { holdin: 1 } } }]\n");
        using var output = new StringWriter();

        var exitCode = CheckCommand.Run([Path.Combine(_folder.FullName, "gateway.yaml")], new DiskFiles(), output, TextWriter.Null, asJson: true);

        Assert.Equal(1, exitCode);
        using var document = JsonDocument.Parse(output.ToString());
        var findings = document.RootElement.GetProperty("findings").EnumerateArray().Select(found => (
            Path.GetFileName(found.GetProperty("file").GetString()), found.GetProperty("line").GetInt32(), found.GetProperty("column").GetInt32(), found.GetProperty("severity").GetString()));
        Assert.Equal([("gateway.yaml", 1, 1, "error"), ("pv.yaml", 2, 42, "error")], findings);
        Assert.Empty(document.RootElement.GetProperty("buses").EnumerateArray());
    }

    [Fact]
    public void ABusThatIsAskedForMoreThanItCanIsAnErrorWithTheArithmetic()
    {
        Write("slow.yaml", """
            bus: { modbus: rtu, port: /dev/ttyUSB0, baud: 1200 }
            devices:
              - { name: meter, every: 500 ms, points: { a: { holding: 1 }, b: { holding: 1000 } } }
              - { name: heater, unit: 2, every: 1 s, points: { a: { holding: 1 } } }
            """);

        var (exitCode, _, error) = Check(_folder.FullName, "slow.yaml");

        // 1 start, 8 data, 1 parity and 1 stop bit: 8 + 7 characters are 137.5 ms, twice 3.5 characters 64.2 ms.
        Assert.Equal(1, exitCode);
        Assert.Equal(
            "slow.yaml:1:6: error: polling this bus as asked takes 105.8 % of its time (2 requests of together 423.3 ms every 500 ms, "
                + "1 request of together 211.7 ms every 1 s; each is its characters at 1200 baud, two silences of 32.1 ms and 10 ms for the device); "
                + "poll less often, or raise the baud rate\n",
            error);
    }

    [Fact]
    public void TwoNamesOfOnePortAreOnePort()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "by-id"));
        File.WriteAllText(Path.Combine(_folder.FullName, "ttyUSB0"), "");
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "by-id", "usb-FTDI"), "../ttyUSB0");
        Write("plant.yaml", $$"""
            bus: { modbus: rtu, port: {{_folder.FullName}}/ttyUSB0 }
            devices: [{ name: a, points: { x: { holding: 1 } } }]
            ---
            bus: { modbus: rtu, port: {{_folder.FullName}}/by-id/usb-FTDI }
            devices: [{ name: b, points: { x: { holding: 1 } } }]
            """);

        var (exitCode, _, error) = Check(_folder.FullName, "plant.yaml");

        Assert.Equal(1, exitCode);
        Assert.Equal(
            $"plant.yaml:4:6: error: the port {_folder.FullName}/by-id/usb-FTDI is that of the bus 'modbus rtu {_folder.FullName}/ttyUSB0' in plant.yaml:1:6; a port has one bus\n",
            error);
    }

    [Fact]
    public void AFileOfAnyNameIsAConfigurationIfItsKeysAre()
    {
        Write("test.yaml", "site: a/b\n");

        var (exitCode, _, error) = Check(_folder.FullName, "test.yaml");

        Assert.Equal(1, exitCode);
        Assert.Contains("test.yaml:1:7: error: 'a/b' cannot be the name of the site", error, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileIsSaid()
    {
        var (exitCode, _, error) = Check(_folder.FullName, "missing.yaml");

        Assert.Equal((1, "missing.yaml: error: there is no such file\n"), (exitCode, error));
    }

    private static (int ExitCode, string Output, string Error) Check(string folder, params string[] paths)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = CheckCommand.Run(paths, new DiskFiles(folder), output, error);
        return (exitCode, output.ToString(), error.ToString());
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);
}
