using System.Net;
using System.Net.Http.Json;
using System.Text;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>Passwords, where they come from and where they never come to.</summary>
public sealed class SecretsTests
{
    private const string Wrong = "Xq7wrong-never-to-be-seen";
    private const string Right = "Xq7right-never-to-be-seen";
    private const string OfThePage = "Xq7page-never-to-be-seen";

    /// <summary>The uplink's password is a credential of systemd: a wrong one at first, then, renewed, the right one. Meanwhile somebody tries passwords at the page.</summary>
    [PeerFact(Peer.Mosquitto)]
    public async Task Passwords_are_in_nothing_that_the_service_says_while_they_fail_and_when_they_are_right()
    {
        using var folder = new GatewayFolder();
        var (accounts, users) = (Path.Combine(folder.Path, "accounts"), Path.Combine(folder.Path, "users"));
        await RunAsync("mosquitto_passwd", "-b", "-c", accounts, "plant1", Right);
        await using var upstream = await MosquittoBroker.StartAsync($"allow_anonymous false\npassword_file {accounts}");
        await using (var passwd = GatewayProcess.Start(["passwd", users, "ann"], folder: null, environment: null, input: $"{OfThePage}\n"))
        {
            Assert.Equal(0, await passwd.WaitForExitAsync());
        }

        var credentials = Directory.CreateDirectory(Path.Combine(folder.Path, "credentials")).FullName;
        await File.WriteAllTextAsync(Path.Combine(credentials, "uplink.password"), $"{Wrong}\n");
        await File.WriteAllTextAsync(folder.ConfigurationPath, $$"""
            site: plant1
            data: data
            uplink: { url: "{{upstream.Uri}}", username: plant1 }
            broker: { listen: [] }
            web: { listen: "http://127.0.0.1:{{folder.WebPort}}", users: users }

            """);
        folder.WriteMap("plant.yaml", "bus: { simulated: true }\ndevices: [{ name: attic, every: 1 s, points: { t: { simulate: \"counter(0, 2)\" } } }]\n");
        var environment = new Dictionary<string, string> { ["CREDENTIALS_DIRECTORY"] = credentials };
        await using var gateway = folder.Run(environment);
        await gateway.WaitForErrorAsync("The page is on ");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{folder.WebPort}") };
        foreach (var (user, password) in new[] { ("ann", Wrong), ("nobody", OfThePage) })
        {
            using var refused = await http.PostAsJsonAsync("/api/login", new { user, password });
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        using var accepted = await http.PostAsJsonAsync("/api/login", new { user = "ann", password = OfThePage });
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
        await Eventually.TrueAsync(() => upstream.Log.Count(line => line.Contains("not authorised", StringComparison.Ordinal)) >= 2, () => string.Join('\n', upstream.Log));
        await AssertSilentAsync();

        await File.WriteAllTextAsync(Path.Combine(credentials, "uplink.password"), $"{Right}\n");
        await gateway.SignalAsync("HUP");
        await Eventually.TrueAsync(() => upstream.Log.Any(line => line.Contains("u'plant1'", StringComparison.Ordinal)), () => gateway.Error);
        await AssertSilentAsync();

        async Task AssertSilentAsync()
        {
            var said = new StringBuilder(gateway.Output).Append(gateway.Error).Append(await File.ReadAllTextAsync($"/proc/{gateway.Id}/cmdline"));
            foreach (var path in new[] { "/api/status", "/api/maps", "/api/log", "/api/points", "/api/session", "/api/queue", "/metrics" })
            {
                using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
                said.Append(await response.Content.ReadAsStringAsync());
            }

            foreach (var command in new[] { "status", "doctor" })
            {
                await using var process = GatewayProcess.Start([command, "--json", "--config", folder.ConfigurationPath], folder: null, environment);
                await process.WaitForExitAsync();
                Assert.Matches(@"\A\s*[\[{]", process.Output);
                said.Append(process.Output).Append(process.Error);
            }

            Assert.DoesNotContain("Xq7", said.ToString(), StringComparison.Ordinal);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        await using var process = PeerProcess.Start(program, arguments);
        Assert.True(await process.WaitForExitAsync() == 0, process.Output);
    }
}
