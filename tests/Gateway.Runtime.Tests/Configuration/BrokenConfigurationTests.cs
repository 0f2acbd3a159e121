using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.Runtime.Configuration;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Configuration;

public class BrokenConfigurationTests
{
    public static TheoryData<string> Cases => BrokenCase.Select(isConfiguration: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_broken_configuration_is_refused_with_its_message(string name)
    {
        var broken = BrokenCase.Read(name);
        var files = new DiskFiles(broken.Folder);

        var result = new ConfigurationLoader(files, _ => null, "host1").Load(broken.Arguments[0]);
        var maps = result.Options is null ? [] : new MapLoader(DriverCatalog.Create(), files).Load(result.Options.DeviceMaps).Diagnostics;

        Assert.Equal(broken.Expected, result.Diagnostics.Concat(maps).Select(diagnostic => diagnostic.ToString()));
        Assert.NotEmpty(broken.Expected);
    }
}
