using Gateway.Commands;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;

namespace Gateway.Tests.Processes;

public sealed class InitTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    private string ConfigurationPath => Path.Combine(_folder.FullName, "gateway.yaml");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task On_a_terminal_it_asks()
    {
        await using var terminal = Terminal.Start("init", "--config", ConfigurationPath);
        await AnswerAsync("The name of this site", "plant1\r");
        await AnswerAsync("The broker to send readings to", "10.0.0.1\r");
        await AnswerAsync("Its user name", "ann\r");
        await AnswerAsync("Its password", "s3cret\r");
        await AnswerAsync("What hangs on this machine", "simulated");
        await terminal.TypeAsync("\r");

        Assert.True(await terminal.WaitForExitAsync() == 0, terminal.Shown);

        Assert.DoesNotContain("s3cret", terminal.Shown, StringComparison.Ordinal);
        Assert.Contains($"{ConfigurationPath} is written", terminal.Shown, StringComparison.Ordinal);
        var read = new ConfigurationReader(InstalledPlugins.CreateDrivers()).Read(ConfigurationPath, new DiskFiles());
        Assert.StartsWith("the password goes to mqtt://10.0.0.1:1883 without encryption", Assert.Single(read.Diagnostics).Message, StringComparison.Ordinal);
        Assert.Equal(("plant1", new Uri("mqtt://10.0.0.1:1883"), "s3cret"), (read.Options!.Site, read.Options.Uplinks[0].Urls[0], read.Options.Uplinks[0].Password!.Reveal()));
        Assert.Equal("weather", read.Buses.Single().Devices.Single().Name);

        async Task AnswerAsync(string question, string answer)
        {
            await terminal.WaitForAsync(question);
            await terminal.TypeAsync(answer);
        }
    }

    [Fact]
    public async Task Without_a_terminal_it_takes_flags()
    {
        string[] flags = ["--site", "plant1", "--uplink", "mqtt://10.0.0.1", "--bus", "modbus: tcp, host: 10.0.0.7", "--device", "name: meter, profile: eastron/sdm630, unit: 3"];

        Assert.Equal((0, ""), await RunAsync(flags));

        var read = new ConfigurationReader(InstalledPlugins.CreateDrivers()).Read(ConfigurationPath, new DiskFiles());
        Assert.Empty(read.Diagnostics);
        Assert.Equal("meter", read.Buses.Single().Devices.Single().Name);
        Assert.Equal((1, $"gateway: {Path.Combine(_folder.FullName, "devicemaps", "meter.yaml")} is there already and stays as it is: edit it, or move it away\n"), await RunAsync(flags));
    }

    [Theory]
    [InlineData("a device hangs on a bus: say --bus, too", "--device", "name: x")]
    [InlineData("a bus has a device: say --device, too", "--bus", "i2c: 1")]
    [InlineData("'host' in --bus is not a key with its value, such as host: 10.0.0.7", "--bus", "modbus: tcp, host", "--device", "name: x")]
    [InlineData("user name and password are those of the uplink: say --uplink, too", "--username", "ann")]
    public async Task Flags_that_make_no_sense_are_wrong_usage(string sentence, params string[] flags)
    {
        Assert.Equal((2, $"gateway: {sentence}\n"), await RunAsync(flags));
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task An_answer_that_is_not_valid_writes_nothing()
    {
        var (exitCode, error) = await RunAsync("--uplink", "http://10.0.0.1");

        Assert.Equal(1, exitCode);
        Assert.Contains($"{ConfigurationPath}:", error, StringComparison.Ordinal);
        Assert.EndsWith("gateway: nothing is written: mend what is listed above, and begin again\n", error, StringComparison.Ordinal);
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    private async Task<(int ExitCode, string Error)> RunAsync(params string[] flags)
    {
        using var error = new StringWriter();
        var exitCode = await CommandLine.RunAsync(["init", "--config", ConfigurationPath, .. flags], TextWriter.Null, error, CancellationToken.None);
        return (exitCode, error.ToString());
    }
}
