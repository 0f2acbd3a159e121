using Gateway.DeviceMaps.Files;
using Gateway.Drivers;
using Gateway.Hosting;
using Gateway.TestSupport;

namespace Gateway.Tests.Hosting;

public sealed class ServeRulesTests : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public ServeRulesTests() => _folder.WriteMap("plant.yaml", """
        bus: { modbus: tcp, host: 127.0.0.1 }
        devices: [{ name: meter, points: { power: { input: 0 }, energy: { input: 2 } } }]
        ---
        bus: { simulated: true }
        devices: [{ name: attic, points: { temperature: {} } }]
        """);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("values: { meter.powr: { input: 0 } }", "5:70: error: the device 'meter' has no point 'powr'; did you mean 'power'?")]
    [InlineData("values: { meter: { input: 0 } }", "5:65: error: 'meter' is a device; serve its points, such as meter.power")]
    [InlineData("values: { meter.power: { input: 0, type: int16, not-available: 70000 } }", "5:71: error: '70000' is nothing that 'int16' can hold; write a number, or the bits such as 0xFFFF")]
    [InlineData("proxy: metr", "5:55: error: there is no device 'metr'; did you mean 'meter'?")]
    [InlineData("proxy: attic", "5:55: error: 'attic' is on simulated 1, and a proxy needs a Modbus bus")]
    [InlineData("values: { meter.power: { input: 0 }, attic.temperature: { input: 2 } }", null)]
    [InlineData("proxy: meter", null)]
    public void What_is_served_is_in_the_maps(string what, string? expected)
    {
        _folder.Configure($"serve: [{{ modbus: tcp, listen: 127.0.0.1:1502, {what} }}]");

        var read = new ConfigurationReader(DriverCatalog.Create()).Read(_folder.ConfigurationPath, new DiskFiles());

        Assert.Equal(expected, read.Diagnostics.Select(diagnostic => $"{diagnostic}"[(_folder.ConfigurationPath.Length + 1)..]).SingleOrDefault());
    }
}
