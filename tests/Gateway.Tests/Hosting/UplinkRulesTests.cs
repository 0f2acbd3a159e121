using Gateway.DeviceMaps.Files;
using Gateway.Drivers;
using Gateway.Hosting;

namespace Gateway.Tests.Hosting;

public sealed class UplinkRulesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("off", "", "garage.relay waits for the loss of the uplink, and there is none; give the configuration an 'uplink', or remove 'on-uplink-loss'")]
    [InlineData("keep", "", null)]
    [InlineData("off", "uplink: { url: \"mqtt://10.0.0.1\" }", null)]
    public void An_output_that_waits_for_the_loss_of_no_uplink_is_told(string onLoss, string uplink, string? expected)
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "devicemaps"));
        var path = Path.Combine(_folder.FullName, "gateway.yaml");
        File.WriteAllText(path, $"{uplink}\ndata: data\n");
        File.WriteAllText(
            Path.Combine(_folder.FullName, "devicemaps", "garage.yaml"),
            $"bus: {{ gpio: header }}\ndevices: [{{ name: garage, points: {{ relay: {{ line: 17, direction: output, on-uplink-loss: \"{onLoss}\" }} }} }}]\n");

        var read = new ConfigurationReader(DriverCatalog.Create()).Read(path, new DiskFiles());

        Assert.Equal(expected, read.Diagnostics.SingleOrDefault()?.Message);
        Assert.True(read.IsValid);
    }
}
