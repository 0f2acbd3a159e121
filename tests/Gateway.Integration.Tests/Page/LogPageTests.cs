using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>The tail of the log on the page.</summary>
[Collection(PageTests.Name)]
public sealed class LogPageTests(PageBrowser browser) : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerFact(Peer.Chromium)]
    public async Task Lines_come_as_they_are_written_and_may_be_sifted()
    {
        _folder.Configure();
        _folder.WriteMap("plant.yaml", """
            bus: { simulated: true }
            devices: [{ name: attic, points: { temperature: { simulate: "constant(21.5)" } } }]
            """);
        await using var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("The page is on ");
        await using var window = await browser.OpenAsync($"http://127.0.0.1:{_folder.WebPort}/#/log");
        var log = window.Page.GetByRole(AriaRole.Log);
        await Expect(log).ToContainTextAsync($"MQTT listens on mqtt://127.0.0.1:{_folder.BrokerPort}");

        _folder.WriteMap("plant.yaml", "bus: { simulated: true }\nnonsense: 1\n");

        await Expect(log).ToContainTextAsync("unknown key 'nonsense'");
        await window.Page.GetByLabel("Least level").SelectOptionAsync("Warnings and errors");
        await Expect(log).Not.ToContainTextAsync("MQTT listens on");
        await Expect(log).ToContainTextAsync("unknown key 'nonsense'");
        await window.Page.GetByLabel("Find in the log").FillAsync("no such words");
        await Expect(log).ToHaveTextAsync("Nothing yet.");
        Assert.Empty(window.Complaints);
    }
}
