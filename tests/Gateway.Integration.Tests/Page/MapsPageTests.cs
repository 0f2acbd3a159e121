using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>Maps and their mistakes on the page.</summary>
[Collection(PageTests.Name)]
public sealed class MapsPageTests(PageBrowser browser) : IDisposable
{
    private const string Good = """
        bus: { simulated: true }
        devices:
          - name: attic
            every: 1 s
            points:
              temperature: { unit: °C, simulate: "constant(21.5)" }
        """;

    private static readonly string Wrong = Good.Replace("every", "evry", StringComparison.Ordinal);

    private readonly GatewayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerFact(Peer.Chromium)]
    public async Task A_mistake_is_shown_at_its_line_while_the_last_good_map_goes_on()
    {
        _folder.WriteMap("plant.yaml", Good);
        await using var gateway = await StartAsync();
        await using var window = await browser.OpenAsync(Address);
        await Expect(window.Point("attic", "temperature").Locator(".value")).ToHaveTextAsync("21.5");

        _folder.WriteMap("plant.yaml", Wrong);

        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The last good one goes on.");
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("did you mean 'every'?");
        await window.Page.GetByRole(AriaRole.Link, new() { Name = "plant.yaml, line 4" }).ClickAsync();
        var line = window.Page.Locator("#line-4");
        await Expect(line).ToContainTextAsync("evry: 1 s");
        await Expect(line).ToContainTextAsync("did you mean 'every'?");
        await Expect(line).ToBeFocusedAsync();

        await ReadAgain(window).ClickAsync();
        await Expect(window.Page.GetByText("Not taken up: 1 mistake to mend.")).ToBeVisibleAsync();

        _folder.WriteMap("plant.yaml", Good);
        await Expect(window.Page.GetByText("This is what runs")).ToBeVisibleAsync();
        await ReadAgain(window).ClickAsync();
        await Expect(window.Page.GetByText("Read again: nothing has changed.")).ToBeVisibleAsync();
        await window.GoAsync("#/live");
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToBeHiddenAsync();
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task Without_a_good_configuration_the_page_says_in_words_what_is_wrong_and_goes_on_once_it_is_mended()
    {
        _folder.WriteMap("plant.yaml", Wrong);
        await using var gateway = await StartAsync();
        await using var window = await browser.OpenAsync(Address, width: 360);

        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "The configuration is not valid, so nothing is polled" })).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("unknown key 'evry'");

        _folder.WriteMap("plant.yaml", Good);

        await Expect(window.Point("attic", "temperature").Locator(".value")).ToHaveTextAsync("21.5");
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToBeHiddenAsync();
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task What_a_reload_changed_is_listed()
    {
        _folder.WriteMap("plant.yaml", Good);
        await using var gateway = await StartAsync();
        await using var window = await browser.OpenAsync(Address);
        await window.GoAsync("#/maps");
        await Expect(window.Page.GetByText("This is what runs")).ToBeVisibleAsync();

        // The answer of a reload that a person asks for, whoever notices the edit first.
        await window.Page.RouteAsync("**/api/reload", async route =>
        {
            _folder.WriteMap("plant.yaml", Good.Replace("21.5", "22.5", StringComparison.Ordinal));
            await route.ContinueAsync();
        });
        await ReadAgain(window).ClickAsync();

        await Expect(window.Page.GetByRole(AriaRole.List, new() { Name = "Changes" })).ToContainTextAsync("attic.temperature");
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task Another_unit_is_shown_at_once()
    {
        _folder.WriteMap("plant.yaml", Good);
        await using var gateway = await StartAsync();
        await using var window = await browser.OpenAsync(Address);
        await Expect(window.Point("attic", "temperature").Locator(".unit")).ToHaveTextAsync("°C");

        _folder.WriteMap("plant.yaml", Good.Replace("°C", "K", StringComparison.Ordinal));

        await Expect(window.Point("attic", "temperature").Locator(".unit")).ToHaveTextAsync("K");
        Assert.Empty(window.Complaints);
    }

    private static ILocator ReadAgain(PageWindow window) => window.Page.GetByRole(AriaRole.Button, new() { Name = "Read again" });

    private string Address => $"http://127.0.0.1:{_folder.WebPort}";

    private async Task<GatewayProcess> StartAsync()
    {
        _folder.Configure();
        var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("The page is on ");
        return gateway;
    }
}
