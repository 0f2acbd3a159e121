using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>
/// The first steps on the page of a service that has no configuration: the files that it writes, it runs. Its page has the port 8080 then, so
/// it runs in a network and a /var/lib of its own, and into the first socat leads from a free port.
/// </summary>
[Collection(PageTests.Name)]
public sealed class FirstRunTests(PageBrowser browser) : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerFact(Peer.Chromium, Peer.Socat, Peer.Namespaces)]
    public async Task Answers_become_files_and_the_service_polls_by_them()
    {
        await using var gateway = PeerProcess.Start(
            "unshare", ["--map-root-user", "--net", "--mount", "sh", "-c", "ip link set lo up && mount -t tmpfs tmpfs /var/lib && exec \"$@\"", "sh", .. Gateway("run", "--config", _folder.ConfigurationPath)]);
        await gateway.WaitForLineContainingAsync("The page is on http://127.0.0.1:8080");
        string[] inside = ["nsenter", "--target", $"{gateway.Id}", "--user", "--net", "--preserve-credentials"];
        await using var lead = PeerProcess.Start(
            "socat", ["-d", "-d", $"TCP-LISTEN:{_folder.WebPort},bind=127.0.0.1,fork,reuseaddr", $"EXEC:{string.Join(' ', inside)} socat STDIO TCP\\:127.0.0.1\\:8080"]);
        await lead.WaitForLineContainingAsync("listening on");
        await using var window = await browser.OpenAsync($"http://127.0.0.1:{_folder.WebPort}");
        await window.Page.GetByLabel("Site, the first part of every topic").FillAsync("cellar");
        await window.Page.GetByLabel("What hangs on it").SelectOptionAsync("Modbus on the network");
        await window.Page.GetByLabel("Host").FillAsync("127.0.0.1");
        await window.Page.GetByLabel("Profile").FillAsync("eastron/sdm120");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Show what will be written" }).ClickAsync();
        await Expect(window.Page.Locator("pre").First).ToContainTextAsync("site: cellar");
        Assert.False(File.Exists(_folder.ConfigurationPath));

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Write it, and start" }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "inverter", Exact = true })).ToBeVisibleAsync();

        // The meter is there from now on: the map that was just written, served.
        var map = Assert.Single(Directory.GetFiles(_folder.MapFolder));
        await using var meter = PeerProcess.Start(inside[0], [.. inside[1..], .. Gateway("simulate", map, "--listen", "127.0.0.1:502")]);
        await Expect(window.Point("inverter", "voltage")).ToHaveClassAsync("point good");
        await Expect(window.Page).ToHaveTitleAsync("Live – cellar");
        await window.Page.ReloadAsync();
        await Expect(window.Point("inverter", "voltage").Locator(".value")).ToContainTextAsync(".");
        Assert.Empty(window.Complaints);
    }

    private static string[] Gateway(params string[] arguments) => ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "gateway.dll"), .. arguments];
}
