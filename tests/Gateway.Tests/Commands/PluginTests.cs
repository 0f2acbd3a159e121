using Gateway.TestSupport;

namespace Gateway.Tests.Commands;

/// <summary>A plug-in as a driver's author installs it: the example of the documentation, in a folder that the program is told.</summary>
public sealed class PluginTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("plugins-");

    public PluginTests() => BuiltPlugins.Install("Gateway.Drivers.Example", Path.Combine(_folder.FullName, "plugins"));

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Check_knows_the_keys_of_a_plugin()
    {
        Write("good.yaml", "bus: { tmp117: 1 }\ndevices: [{ name: attic, address: 0x49, points: { temperature: { unit: °C } } }]\n");
        Write("wrong.yaml", "bus: { tmp117: 1 }\ndevices: [{ name: attic, adress: 0x49, points: { temperature: {} } }]\n");

        Assert.Equal((0, ""), await CheckAsync("good.yaml"));
        var (exitCode, error) = await CheckAsync("wrong.yaml");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("wrong.yaml:2:26: error: unknown key 'adress' in a tmp117; did you mean 'address'?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_names_a_plugin_that_cannot_be_loaded()
    {
        Write("good.yaml", "bus: { tmp117: 1 }\ndevices: [{ name: attic, points: { temperature: {} } }]\n");
        _folder.CreateSubdirectory(Path.Combine("plugins", "broken"));

        var (exitCode, error) = await CheckAsync("good.yaml");

        Assert.Equal(1, exitCode);
        Assert.Equal($"{_folder.FullName}/plugins/broken/broken.dll: is missing: the folder of a plug-in has the name of its assembly\n", error);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    private async Task<(int ExitCode, string Error)> CheckAsync(string map)
    {
        var environment = new Dictionary<string, string> { ["GATEWAY_PLUGINS"] = Path.Combine(_folder.FullName, "plugins") };
        await using var gateway = GatewayProcess.Start(["check", map], _folder.FullName, environment);
        var exitCode = await gateway.WaitForExitAsync();
        return (exitCode, gateway.Error);
    }
}
