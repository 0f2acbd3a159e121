using System.Net;
using System.Text.Json;
using Gateway.Hosting;

namespace Gateway.Tests.Web;

public sealed class SetupApiTests
{
    private const string Answers = """
        {"site":"plant1","uplink":{"url":"mqtt://10.0.0.1","username":"ann","password":"hunter2"},
         "bus":{"keys":[["modbus","tcp"],["host","10.0.0.7"]],"device":[["name","meter"],["profile","eastron/sdm630"],["unit","1"]]},"write":WRITE}
        """;

    [Fact]
    public async Task Shows_the_files_first_and_writes_them_then_without_showing_the_password()
    {
        await using var page = await StartAsync();
        Assert.True((await ReadAsync(page)).GetProperty("needed").GetBoolean());

        var shown = await PostAsync(page, Answers.Replace("WRITE", "false", StringComparison.Ordinal));
        Assert.False(File.Exists(page.ConfigurationPath));
        var written = await PostAsync(page, Answers.Replace("WRITE", "true", StringComparison.Ordinal));

        Assert.Equal(shown.GetRawText(), written.GetRawText());
        Assert.Empty(shown.GetProperty("problems").EnumerateArray());
        Assert.DoesNotContain("hunter2", shown.GetRawText(), StringComparison.Ordinal);
        foreach (var file in written.GetProperty("files").EnumerateArray())
        {
            Assert.Equal(file.GetProperty("text").GetString(), await File.ReadAllTextAsync(file.GetProperty("path").GetString()!));
        }

        Assert.False((await ReadAsync(page)).GetProperty("needed").GetBoolean());
    }

    [Fact]
    public async Task A_gateway_that_polls_without_a_configuration_is_not_new()
    {
        await using var page = await StartAsync();
        await File.WriteAllTextAsync(page.ConfigurationPath, "# site: plant1\n");
        Assert.True((await ReadAsync(page)).GetProperty("needed").GetBoolean());

        page.Source.Status = Statuses.Plant;

        Assert.False((await ReadAsync(page)).GetProperty("needed").GetBoolean());
    }

    [Theory]
    [InlineData("/tmp/gateway.yaml", true)]
    [InlineData("/proc/gateway.yaml", false)]
    [InlineData("/nowhere/gateway.yaml", false)]
    public void Whether_files_can_be_written_is_tried(string configuration, bool can) => Assert.Equal(can, FirstConfiguration.CanWriteBeside(configuration));

    [Fact]
    public async Task What_is_wrong_is_said_and_nothing_written()
    {
        await using var page = await StartAsync();

        var result = await PostAsync(page, """{"site":"a#b","write":true}""");

        Assert.Contains("cannot be the name of the site", result.GetProperty("problems")[0].GetString(), StringComparison.Ordinal);
        Assert.False(File.Exists(page.ConfigurationPath));
    }

    [Fact]
    public async Task What_is_there_is_not_overwritten()
    {
        await using var page = await StartAsync();
        await File.WriteAllTextAsync(page.ConfigurationPath, "site: mine\n");

        using var response = await page.SendAsync(HttpMethod.Post, "/api/setup", """{"site":"theirs","write":true}""", await page.ReadTokenAsync());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("site: mine\n", await File.ReadAllTextAsync(page.ConfigurationPath));
    }

    private static async Task<PageFixture> StartAsync()
    {
        var page = await PageFixture.StartAsync();
        page.Source.Status = Statuses.Plant with { Buses = [] };
        return page;
    }

    private static async Task<JsonElement> ReadAsync(PageFixture page) =>
        JsonDocument.Parse(await page.Http.GetStringAsync(new Uri("/api/setup", UriKind.Relative))).RootElement;

    private static async Task<JsonElement> PostAsync(PageFixture page, string answers)
    {
        using var response = await page.SendAsync(HttpMethod.Post, "/api/setup", answers, await page.ReadTokenAsync());
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }
}
