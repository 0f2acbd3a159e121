using Gateway.Hosting;

namespace Gateway.Tests.Hosting;

public sealed class DataFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("data: state", "state")]
    [InlineData("site: x\ndata: \"my state\"   # here\n", "my state")]
    [InlineData("'data': 'state'\n", "state")]
    [InlineData("queue: {\n\tbroken\ndata: state\n", "state")]
    [InlineData("{\"site\": \"x\", \"data\": \"state\"}", "state")]
    [InlineData("{\n  \"data\":\"my state\"\n}\n", "my state")]
    [InlineData("{ data: state, site: x }\n", "state")]
    public void IsFoundInAConfigurationThatNeedNotBeValid(string text, string expected)
    {
        var path = Path.Combine(_folder.FullName, "gateway.yaml");
        File.WriteAllText(path, text);

        Assert.Equal(Path.Combine(_folder.FullName, expected), DataFolder.Find(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  data: nested\n")]
    [InlineData("# data: state\ndata:\n")]
    public void IsTheDefaultElse(string text)
    {
        var path = Path.Combine(_folder.FullName, "gateway.yaml");
        File.WriteAllText(path, text);

        Assert.Equal("/var/lib/gateway", DataFolder.Find(path));
        Assert.Equal("/var/lib/gateway", DataFolder.Find(Path.Combine(_folder.FullName, "missing.yaml")));
    }

    [Fact]
    public void MayBeAbsolute()
    {
        var path = Path.Combine(_folder.FullName, "gateway.yaml");
        File.WriteAllText(path, "data: /srv/gateway\n");

        Assert.Equal("/srv/gateway", DataFolder.Find(path));
    }
}
