using System.Text.Json.Nodes;
using Gateway.Commands;

namespace Gateway.Tests.Commands;

/// <summary><c>gateway scan sysfs</c> on a tree as the kernel has it.</summary>
public sealed class ScanSysfsCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-sysfs-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Lists_devices_with_their_values()
    {
        MakeTree();

        var (exitCode, output, _) = await RunAsync("scan", "sysfs", "--mount", _folder.FullName);

        Assert.Equal(0, exitCode);
        Assert.Matches("(?m)^class +device +bound to +channel +label +value$", output);
        Assert.Matches("(?m)^hwmon +1-0048 +1-0048 +temp1 +– +25.5 °C$", output);
        Assert.Matches("(?m)^hwmon +coretemp +coretemp.0 +temp2 +Core 0 +47 °C$", output);
        Assert.Matches("(?m)^iio +bmp280 +1-0076 +in_pressure +– +1006.53265 hPa$", output);

        var (_, json, _) = await RunAsync("scan", "sysfs", "--mount", _folder.FullName, "--json");
        Assert.Equal("lm75", (string?)JsonNode.Parse(json)![0]!["name"]);
    }

    [Fact]
    public async Task Prints_a_map_that_is_valid()
    {
        MakeTree();

        var (exitCode, output, _) = await RunAsync("scan", "sysfs", "--mount", _folder.FullName, "--map");

        Assert.Equal(0, exitCode);
        Assert.Contains("      core_0: { channel: temp2, unit: °C }\n", output, StringComparison.Ordinal);
        var map = Path.Combine(_folder.FullName, "map.yaml");
        await File.WriteAllTextAsync(map, output);
        var (checkedCode, _, error) = await RunAsync("check", map);
        Assert.Equal((0, ""), (checkedCode, error));
    }

    [Fact]
    public async Task Says_what_to_do_where_there_is_nothing()
    {
        var (exitCode, _, error) = await RunAsync("scan", "sysfs", "--mount", _folder.FullName);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"gateway: the kernel shows no sensors below {_folder.FullName}: look whether the driver of yours is loaded", error, StringComparison.Ordinal);
    }

    private void MakeTree()
    {
        Write("class/hwmon/hwmon0/name", "lm75");
        Write("class/hwmon/hwmon0/temp1_input", "25500");
        Link("class/hwmon/hwmon0/device", "../../../1-0048");
        Write("class/hwmon/hwmon1/name", "lm75");
        Write("class/hwmon/hwmon1/temp1_input", "26000");
        Link("class/hwmon/hwmon1/device", "../../../1-0049");
        Write("class/hwmon/hwmon2/name", "coretemp");
        Write("class/hwmon/hwmon2/temp2_label", "Core 0");
        Write("class/hwmon/hwmon2/temp2_input", "47000");
        Link("class/hwmon/hwmon2/device", "../../../coretemp.0");
        Write("devices/i2c-1/1-0076/iio:device0/name", "bmp280");
        Write("devices/i2c-1/1-0076/iio:device0/in_pressure_input", "100.653265");
        _folder.CreateSubdirectory("bus/iio/devices");
        Link("bus/iio/devices/iio:device0", "../../../devices/i2c-1/1-0076/iio:device0");
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text + "\n");
    }

    private void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(_folder.FullName, path), target);

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.RunAsync(arguments, output, error, CancellationToken.None);
        return (exitCode, output.ToString(), error.ToString());
    }
}
