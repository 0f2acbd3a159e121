using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>Logging in and out on the page.</summary>
[Collection(PageTests.Name)]
public sealed class LogInPageTests(PageBrowser browser) : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(Peer.Chromium)]
    [InlineData(1280)]
    [InlineData(360)]
    public async Task Nothing_is_shown_before_the_right_password_and_after_the_log_out(int width)
    {
        await using (var passwd = GatewayProcess.Start(["passwd", Path.Combine(_folder.Path, "users"), "ann"], null, null, input: "correct horse\n"))
        {
            Assert.Equal(0, await passwd.WaitForExitAsync());
        }

        await File.WriteAllTextAsync(_folder.ConfigurationPath, $$"""
            site: plant1
            data: data
            broker: { listen: "mqtt://127.0.0.1:{{_folder.BrokerPort}}" }
            web: { listen: "http://127.0.0.1:{{_folder.WebPort}}", users: users }
            """);
        _folder.WriteMap("plant.yaml", """
            bus: { simulated: true }
            devices: [{ name: attic, every: 1 s, points: { temperature: { unit: °C, simulate: "constant(21.5)" } } }]
            """);
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("The page is on ");
        await using var window = await browser.OpenAsync($"http://127.0.0.1:{_folder.WebPort}", width);

        await window.Page.GetByLabel("User").FillAsync("ann");
        await window.Page.GetByLabel("Password").FillAsync("wrong");
        await window.Page.GetByLabel("Password").PressAsync("Enter");
        await Expect(window.Page.GetByRole(AriaRole.Alert)).Not.ToBeEmptyAsync();
        await Expect(window.Page.GetByLabel("Password")).ToBeFocusedAsync();
        await Expect(window.Page.GetByText("attic")).ToHaveCountAsync(0);

        await window.Page.GetByLabel("Password").FillAsync("correct horse");
        await window.Page.GetByLabel("Password").PressAsync("Enter");
        await Expect(window.Point("attic", "temperature").Locator(".value")).ToHaveTextAsync("21.5");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Log out ann" }).ClickAsync();
        await Expect(window.Page.GetByLabel("Password")).ToBeVisibleAsync();
        Assert.Empty(window.Complaints);
    }
}
