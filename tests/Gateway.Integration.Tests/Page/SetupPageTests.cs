using System.Text.Json;
using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>
/// The first steps of a gateway that has no configuration yet, on the page. A gateway without one has its page on a fixed port, which
/// tests may not count on: the demo's gateway serves the page here, and the test answers for <c>/api/setup</c>.
/// </summary>
[Collection(PageTests.Name)]
public sealed class SetupPageTests(PageBrowser browser, DemoPage demo) : IClassFixture<DemoPage>
{
    private readonly List<JsonElement> _answers = [];
    private bool _canWrite = true;
    private volatile bool _isWritten;

    [PeerFact(Peer.Chromium)]
    public async Task Three_answers_are_shown_as_files_before_they_are_written()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync(), width: 360, prepare: page => page.RouteAsync("**/api/setup", AnswerAsync));
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "A new gateway" })).ToBeVisibleAsync();
        await Expect(window.Page.GetByLabel("Site, the first part of every topic")).ToHaveValueAsync("raspberry");

        await window.Page.GetByLabel("Site, the first part of every topic").FillAsync("cellar");
        await window.Page.GetByLabel("To a broker of mine, too").CheckAsync();
        await window.Page.GetByLabel("Address", new() { Exact = true }).FillAsync("mqtt://10.0.0.1");
        await window.Page.GetByLabel("What hangs on it").SelectOptionAsync("Modbus on the network");
        await window.Page.GetByLabel("Host").FillAsync("10.0.0.7");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Show what will be written" }).ClickAsync();
        await Expect(window.Page.Locator("pre")).ToHaveTextAsync("site: cellar");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Write it, and start" }).ClickAsync();

        await Expect(window.Point("boiler", "mode")).ToBeVisibleAsync();
        Assert.Equal([false, true], _answers.Select(answer => answer.GetProperty("write").GetBoolean()));
        Assert.All(_answers, answer => Assert.Equal(
            """{"site":"cellar","uplink":{"url":"mqtt://10.0.0.1","username":null,"password":null},"bus":{"keys":[["modbus","tcp"],["host","10.0.0.7"],["port","502"]],"device":[["name","inverter"],["profile","sunspec/inverter"],["unit","1"]]}""",
            answer.GetRawText()[..answer.GetRawText().LastIndexOf(",\"write\"", StringComparison.Ordinal)]));
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task Who_puts_it_off_has_the_page_and_can_come_back()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync(), prepare: page => page.RouteAsync("**/api/setup", AnswerAsync));
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Not now" }).ClickAsync();
        await Expect(window.Point("boiler", "mode")).ToBeVisibleAsync();

        await window.Page.ReloadAsync();
        await Expect(window.Point("boiler", "mode")).ToBeVisibleAsync();

        await window.Page.EvaluateAsync("localStorage.removeItem('setup')");
        await window.Page.ReloadAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "A new gateway" })).ToBeVisibleAsync();
    }

    [PeerFact(Peer.Chromium)]
    public async Task Where_the_service_may_not_write_the_files_are_for_somebody_else_to_write_and_the_page_goes_on_then()
    {
        _canWrite = false;
        await using var window = await browser.OpenAsync(await demo.AddressAsync(), prepare: page => page.RouteAsync("**/api/setup", AnswerAsync));
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Show what will be written" }).ClickAsync();
        await Expect(window.Page.GetByText("sudo gateway init")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Write it, and start" })).ToHaveCountAsync(0);

        _isWritten = true;

        await Expect(window.Point("boiler", "mode")).ToBeVisibleAsync();
    }

    private async Task AnswerAsync(IRoute route)
    {
        if (route.Request.Method == "GET")
        {
            await FulfillAsync(route, new { needed = !_isWritten, site = "raspberry", configuration = "/etc/gateway/gateway.yaml", canWrite = _canWrite });
            return;
        }

        var answers = JsonDocument.Parse(route.Request.PostData!).RootElement;
        _answers.Add(answers);
        _isWritten = answers.GetProperty("write").GetBoolean();
        await FulfillAsync(route, new { files = new[] { new { path = "/etc/gateway/gateway.yaml", text = "site: cellar" } }, problems = Array.Empty<string>() });
    }

    private static Task FulfillAsync(IRoute route, object answer) => route.FulfillAsync(new() { ContentType = "application/json", Body = JsonSerializer.Serialize(answer) });
}
