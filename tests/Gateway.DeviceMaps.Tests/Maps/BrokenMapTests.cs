using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.TestSupport;

namespace Gateway.DeviceMaps.Tests.Maps;

public class BrokenMapTests
{
    public static TheoryData<string> Cases => BrokenCase.Select(isConfiguration: false);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_broken_map_is_refused_with_its_message(string name)
    {
        var broken = BrokenCase.Read(name);

        var files = new DiskFiles(broken.Folder);
        var library = new ProfileLibrary(files, [.. ProfileLibrary.SearchPath(broken.Arguments, files), Path.Combine(Repository.Root, "devicemaps", "library")]);
        var result = new MapLoader(DriverCatalog.Create(), files).Load(broken.Arguments, library);

        Assert.Equal(broken.Expected, result.Diagnostics.Select(diagnostic => diagnostic.ToString()));
        Assert.Contains(result.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.Empty(result.Buses);
    }

    [Fact]
    public void There_are_more_than_a_hundred() => Assert.True(BrokenCase.Names.Count() > 100);
}
