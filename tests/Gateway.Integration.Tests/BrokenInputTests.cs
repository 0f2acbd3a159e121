using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// Every fourth of the broken maps and configurations of <c>tests/data/broken</c>, saved one after the other over the good ones of a
/// gateway that runs: each is refused with its message, and the gateway goes on.
/// </summary>
public sealed class BrokenInputTests
{
    private const string Good = "bus: { simulated: true, name: good }\ndevices: [{ name: good, every: 200 ms, points: { value: {} } }]\n";

    [Fact]
    public async Task A_running_gateway_refuses_each_and_goes_on()
    {
        using var folder = new GatewayFolder();
        folder.Configure();
        folder.WriteMap("good.yaml", Good);
        await using var gateway = GatewayProcess.Start(["run", "--config", "gateway.yaml"], folder.Path, environment: null);
        await gateway.WaitForErrorAsync("The page is on");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{folder.WebPort}") };

        foreach (var name in BrokenCase.Names.Where((_, i) => i % 4 == 0))
        {
            var broken = BrokenCase.Read(name);
            var place = Apply(folder, broken);
            var expected = FromAnywhere(broken.Expected.First(finding => !finding.Contains(": warning: ", StringComparison.Ordinal)));
            await Eventually.TrueAsync(
                async () => (await StatusAsync(http)).Problems.Select(FromAnywhere).Contains(expected),
                () => $"{name}: '{expected}' is not among the problems; the gateway said:\n{gateway.Error}");
            var status = await StatusAsync(http);
            Assert.True(status.PollsOfGood > 0, name);

            Restore(folder, broken, place);
            await Eventually.TrueAsync(async () => (await StatusAsync(http)).Problems.Count == 0, () => $"{name} was removed, and there are problems yet:\n{gateway.Error}");
        }

        Assert.Equal(0, await gateway.StopAsync());
    }

    // The cases name their maps from within the folder of maps, the gateway from beside its configuration.
    private static string FromAnywhere(string problem) => problem.Replace("devicemaps/", "", StringComparison.Ordinal);

    private static string Apply(GatewayFolder folder, BrokenCase broken)
    {
        var place = broken.IsConfiguration ? folder.Path : folder.MapFolder;
        foreach (var file in Directory.EnumerateFiles(broken.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("expected.txt", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(place, Path.GetRelativePath(broken.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        return place;
    }

    private static void Restore(GatewayFolder folder, BrokenCase broken, string place)
    {
        foreach (var file in Directory.EnumerateFiles(broken.Folder, "*", SearchOption.AllDirectories))
        {
            File.Delete(Path.Combine(place, Path.GetRelativePath(broken.Folder, file)));
        }

        folder.WriteMap("good.yaml", Good);
        folder.Configure();
    }

    private static async Task<(List<string> Problems, long PollsOfGood)> StatusAsync(HttpClient http)
    {
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/status", UriKind.Relative)));
        var problems = status.RootElement.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()!).ToList();
        var good = status.RootElement.GetProperty("buses").EnumerateArray().Where(bus => bus.GetProperty("name").GetString() == "simulated good");
        return (problems, good.Sum(bus => bus.GetProperty("polls").GetInt64()));
    }
}
