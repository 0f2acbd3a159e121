using System.Net;
using System.Text.Json;
using Gateway.Tests.Processes;
using Gateway.TestSupport;

namespace Gateway.Tests.Web;

public sealed class ScanApiTests
{
    [Fact]
    public async Task Finds_the_units_of_a_line_tells_how_far_it_is_and_what_to_write()
    {
        await using var device = TwoUnits();
        await using var page = await PageFixture.StartAsync();

        var lines = await PostAsync(page, "/api/scan", $$"""{"kind":"modbus","host":"{{device.Host}}","units":"3,11","timeout":"20 s"}""");

        var found = lines.Where(line => line.TryGetProperty("found", out _)).Select(line => line.GetProperty("found").GetProperty("unit").GetInt32());
        Assert.Equal([3, 11], found.Order());
        var progress = lines.Last(line => line.TryGetProperty("progress", out _)).GetProperty("progress");
        Assert.True(progress.GetProperty("done").GetInt32() <= progress.GetProperty("total").GetInt32());
        var end = lines[^1].GetProperty("end");
        Assert.Equal(2, end.GetProperty("found").GetInt32());
        Assert.False(end.TryGetProperty("error", out _));
        Assert.Contains("unit: 11", end.GetProperty("map").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_shows_a_register_as_everything_that_it_may_be()
    {
        await using var device = TwoUnits();
        await using var page = await PageFixture.StartAsync();

        var lines = await PostAsync(page, "/api/probe", $$"""{"host":"{{device.Host}}","unit":3,"table":"holding","address":0,"count":1,"timeout":"20 s"}""");

        Assert.Equal(1, lines[0].GetProperty("found").GetProperty("registers").GetProperty("0").GetInt32());
        Assert.Equal(1, lines[^1].GetProperty("end").GetProperty("found").GetInt32());
    }

    [Theory]
    [InlineData("""{"kind":"canbus"}""", "'canbus' is nothing to scan")]
    [InlineData("""{"kind":"modbus"}""", "name the line")]
    [InlineData("""{"kind":"modbus","host":"127.0.0.1:0"}""", "is no address")]
    [InlineData("""{"kind":"modbus","port":"@/etc/passwd","baud":"many"}""", "'many' is no baud rate")]
    [InlineData("""{"kind":"modbus","port":"/nowhere/tty","baud":"9600","parity":"none","units":"1"}""", "/nowhere/tty")]
    [InlineData("""{"kind":"modbus","host":"127.0.0.1:1","units":"5-1"}""", "are no unit ids")]
    public async Task What_cannot_be_scanned_ends_with_a_sentence(string request, string sentence)
    {
        await using var page = await PageFixture.StartAsync();

        var lines = await PostAsync(page, "/api/scan", request);

        Assert.Contains(sentence, lines[^1].GetProperty("end").GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_scan_runs_at_a_time_and_ends_when_its_client_goes()
    {
        await using var device = new FewWordsDevice([]);
        await using var page = await PageFixture.StartAsync();
        var request = $$"""{"kind":"modbus","host":"{{device.Host}}","timeout":"60 s"}""";
        var token = await page.ReadTokenAsync();
        var first = await page.SendAsync(HttpMethod.Post, "/api/scan", request, token);

        using var second = await page.SendAsync(HttpMethod.Post, "/api/scan", request, token);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        first.Dispose();

        await Eventually.TrueAsync(async () =>
        {
            using var third = await page.SendAsync(HttpMethod.Post, "/api/scan", """{"kind":"canbus"}""", token);
            return third.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task A_line_that_the_service_has_open_is_asked_through_it()
    {
        await using var device = TwoUnits();
        await using var page = await PageFixture.StartAsync();
        page.SharedPort = IPEndPoint.Parse(device.Host).Port;

        var lines = await PostAsync(page, "/api/scan", """{"kind":"modbus","port":"/dev/ttyTHEIRS","baud":"9600","parity":"none","units":"3,11"}""");

        Assert.Equal(2, lines[^1].GetProperty("end").GetProperty("found").GetInt32());
        Assert.Contains("port: /dev/ttyTHEIRS", lines[^1].GetProperty("end").GetProperty("map").GetString(), StringComparison.Ordinal);
    }

    private static FewWordsDevice TwoUnits() => new(new() { [(3, 3)] = FewWordsDevice.Ones, [(11, 3)] = FewWordsDevice.Ones }, 3, 11);

    private static async Task<List<JsonElement>> PostAsync(PageFixture page, string path, string request)
    {
        using var response = await page.SendAsync(HttpMethod.Post, path, request, await page.ReadTokenAsync());
        Assert.Equal("application/jsonl", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
