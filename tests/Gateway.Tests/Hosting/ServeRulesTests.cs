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
    [InlineData("values: { meter.power: { holding: 0, type: int16, write: true } }", "5:71: error: meter.power is not writable; its map must say write: true")]
    [InlineData("values: { meter.power: { holding: 0, type: string, length: 2, not-available: \"wrong\" } }", "5:71: error: 'wrong' is longer than the 4 bytes of 2 registers")]
    [InlineData("values: { meter.power: { input: 0 }, attic.temperature: { input: 2 } }", null)]
    [InlineData("proxy: meter", null)]
    public void What_is_served_is_in_the_maps(string what, string? expected)
    {
        _folder.Configure($"serve: [{{ modbus: tcp, listen: 127.0.0.1:1502, {what} }}]");

        var read = new ConfigurationReader(DriverCatalog.Create()).Read(_folder.ConfigurationPath, new DiskFiles());

        Assert.Equal(expected, read.Diagnostics.Select(diagnostic => $"{diagnostic}"[(_folder.ConfigurationPath.Length + 1)..]).SingleOrDefault());
    }

    [Theory]
    [InlineData("port: /dev/ttyS97, proxy: meter", "5:30: error: the port /dev/ttyS97 is that of the bus 'modbus rtu /dev/ttyS97'; a port has one user")]
    [InlineData("port: ttyS97, proxy: meter", "5:30: error: 'ttyS97' is no port: write its whole path, such as /dev/ttyS97, or usb:VENDOR:PRODUCT")]
    [InlineData("port: /dev/ttyS96, data-bits: 7, proxy: meter", "5:54: error: Modbus RTU needs 8 data bits; 7 are for Modbus ASCII")]
    [InlineData("port: /dev/ttyS96, proxy: meter", null)]
    public void A_serial_port_has_one_user(string what, string? expected)
    {
        _folder.WriteMap("line.yaml", "bus: { modbus: rtu, port: /dev/ttyS97 }\ndevices: [{ name: boiler, points: { x: { holding: 0 } } }]\n");
        _folder.Configure($"serve: [{{ modbus: rtu, {what} }}]");

        var read = new ConfigurationReader(DriverCatalog.Create()).Read(_folder.ConfigurationPath, new DiskFiles());

        Assert.Equal(expected, read.Diagnostics.Select(diagnostic => $"{diagnostic}"[(_folder.ConfigurationPath.Length + 1)..]).SingleOrDefault());
    }

    [Fact]
    public void Certificates_that_cannot_be_used_are_named()
    {
        var file = Path.Combine(_folder.Path, "no.pem");
        File.WriteAllText(file, "nothing");
        _folder.Configure("serve: [{ modbus: tls, listen: 127.0.0.1:1802, tls: { ca: no.pem, certificate: no.pem, key: no.pem }, proxy: meter }]");

        var read = new ConfigurationReader(DriverCatalog.Create()).Read(_folder.ConfigurationPath, new DiskFiles());

        Assert.StartsWith($"{_folder.ConfigurationPath}:5:53: error: the TLS file {file} cannot be used", $"{Assert.Single(read.Diagnostics)}", StringComparison.Ordinal);
    }
}
