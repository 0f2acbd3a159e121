using System.Text.RegularExpressions;
using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>Uplink, bridge, queue, buses, and what is not good, on the page of a gateway to which all that happens.</summary>
[Collection(PageTests.Name)]
public sealed partial class SystemPageTests(PageBrowser browser) : IDisposable
{
    private readonly GatewayFolder _folder = new();

    private string Address => $"http://127.0.0.1:{_folder.WebPort}";

    public void Dispose() => _folder.Dispose();

    [PeerFact(Peer.Chromium, Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task An_uplink_that_is_away_says_why_and_the_queue_how_long_it_lasts()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        _folder.Configure($$"""
            uplink: { url: "mqtt://127.0.0.1:{{mosquitto.Port}}" }
            bridge: { topics: [{ pattern: "lamp/#", direction: in }] }
            """);
        _folder.WriteMap("plant.yaml", $"bus: {{ simulated: true }}\ndevices: [{{ name: plant, every: 100 ms, points: {{ {string.Join(", ", Enumerable.Range(1, 20).Select(n => $"p{n}: {{ simulate: \"random-walk(0, 100, 1 s)\" }}"))} }} }}]\n");
        await using var gateway = await RunAsync();
        await using var window = await browser.OpenAsync(Address);
        await window.GoAsync("#/system");
        var uplink = window.Page.Locator("#uplinks article").Nth(0);
        var bridge = window.Page.Locator("#uplinks article").Nth(1);
        var queue = window.Page.Locator("#queue");
        await Expect(uplink.Locator(".badge.good")).ToContainTextAsync("connected");
        await Expect(bridge.Locator(".badge.good")).ToContainTextAsync("connected");

        await mosquitto.PublishAsync("lamp/hall", "on", "-q", "1");
        await Expect(Fact(bridge, "Came in")).ToHaveTextAsync("1 message");

        await mosquitto.KillAsync();
        await Expect(uplink.Locator(".badge.bad")).ToContainTextAsync("away");
        await Expect(Fact(uplink, "Why")).ToContainTextAsync("refused", new() { IgnoreCase = true });
        await Expect(bridge.Locator(".badge.bad")).ToContainTextAsync("away");
        await Expect(Fact(queue, "Waiting")).ToHaveTextAsync(Many);
        await Expect(Fact(queue, "Leaving")).ToHaveCountAsync(0);
        await Expect(Fact(queue, "Full in")).ToHaveTextAsync(Hours);
        await Expect(queue.Locator(".plot canvas")).ToBeVisibleAsync();
        await Expect(queue.Locator("figcaption")).ToContainTextAsync(MostOfMany);

        await window.GoAsync("#/live");
        await Expect(window.Page.GetByRole(AriaRole.Link, new() { Name = "Uplink" })).ToContainTextAsync("away");
        await Expect(window.Page.GetByRole(AriaRole.Link, new() { Name = "Queue" })).ToContainTextAsync("full in");

        await mosquitto.StartAgainAsync();
        await window.GoAsync("#/system");
        await Expect(uplink.Locator(".badge.good")).ToContainTextAsync("connected");
        await Expect(Fact(queue, "Full in")).ToHaveTextAsync("it does not grow");
        await Expect(queue.Locator("figcaption")).ToContainTextAsync(MostOfMany);
        Assert.Empty(window.Complaints);
        Assert.Equal(0, await gateway.StopAsync());
    }

    [PeerFact(Peer.Chromium)]
    public async Task What_is_not_good_is_told_and_found_by_a_switch()
    {
        ConfigurePlantWithTrouble();
        await using var gateway = await RunAsync();
        await using var window = await browser.OpenAsync(Address);
        await Expect(window.Page.Locator("a.point:visible")).ToHaveCountAsync(14);
        await Expect(window.Point("meter", "power")).ToHaveClassAsync("point bad");
        await Expect(window.Point("meter", "power").Locator(".quality")).ToContainTextAsync("bad: connection-refused");
        await Expect(window.Point("plant", "runaway")).ToHaveClassAsync("point stale");
        await Expect(window.Point("plant", "runaway").Locator(".quality")).ToContainTextAsync("stale: implausible");
        await Expect(window.Point("plant", "runaway").Locator(".value")).ToHaveTextAsync(Plausible);

        await window.Page.GetByLabel("Only what is not good").CheckAsync();
        await Expect(window.Page.Locator("a.point:visible")).ToHaveCountAsync(2);
        await Expect(window.Page.Locator(".devices").GetByRole(AriaRole.Status)).ToHaveTextAsync("2 shown");

        await window.Page.GetByLabel("Find a point").FillAsync("runaway");
        await Expect(window.Page.Locator("a.point:visible")).ToHaveCountAsync(1);
        await window.Page.GetByLabel("Find a point").FillAsync("");
        await window.Page.GetByLabel("Only what is not good").UncheckAsync();
        await Expect(window.Page.Locator("a.point:visible")).ToHaveCountAsync(14);
        Assert.Empty(window.Complaints);
        Assert.Equal(0, await gateway.StopAsync());
    }

    [PeerFact(Peer.Chromium)]
    public async Task A_number_keeps_its_place_and_forgets_digits_that_it_had_once()
    {
        _folder.Configure();
        _folder.WriteMap("plant.yaml", """
            bus: { simulated: true }
            devices: [{ name: plant, every: 100 ms, points: { level: { write: true }, flow: { simulate: "steps(21.5, 22, 300 ms)" } } }]
            """);
        await using var gateway = await RunAsync();
        await using var window = await browser.OpenAsync(Address);
        var (level, flow) = (window.Point("plant", "level").Locator(".value"), window.Point("plant", "flow").Locator(".value"));

        await Expect(flow).ToHaveTextAsync("21.5");
        await Expect(flow).ToHaveTextAsync("22.0");

        await WriteAsync("1.125");
        await Expect(level).ToHaveTextAsync("1.125");
        await WriteAsync("2");
        await Expect(level).ToHaveTextAsync("2");
        Assert.Empty(window.Complaints);
        Assert.Equal(0, await gateway.StopAsync());

        async Task WriteAsync(string value) => Assert.Equal(0, (await GatewayProcess.RunAsync("write", "--config", _folder.ConfigurationPath, "plant.level", value)).ExitCode);
    }

    [PeerFact(Peer.Chromium)]
    public async Task A_bus_tells_how_late_it_is_and_what_went_wrong()
    {
        ConfigurePlantWithTrouble();
        await using var gateway = await RunAsync();
        await using var window = await browser.OpenAsync(Address);
        await window.GoAsync("#/system/buses");

        var troubled = window.Page.Locator("#buses article").Filter(new() { HasText = "modbus tcp" });
        await Expect(Fact(troubled, "Errors")).ToHaveTextAsync(Refusals);
        await Expect(Fact(troubled, "Not answered")).ToHaveTextAsync(Many);
        await Expect(troubled.GetByRole(AriaRole.List, new() { NameRegex = MembersOfModbus })).ToContainTextAsync("offline");
        await Expect(troubled.GetByRole(AriaRole.List, new() { NameRegex = MembersOfModbus })).ToContainTextAsync("connection-refused");

        var well = window.Page.Locator("#buses article").Filter(new() { HasText = "simulated" });
        foreach (var lateness in new[] { "Late, median", "99 of 100 within", "The latest" })
        {
            await Expect(Fact(well, lateness)).ToHaveTextAsync(Milliseconds);
        }

        await Expect(Fact(well, "Reads answered")).ToHaveTextAsync(Many);
        await Expect(Fact(well, "Errors")).ToHaveTextAsync("none");
        Assert.Empty(window.Complaints);
        Assert.Equal(0, await gateway.StopAsync());
    }

    /// <summary>Fourteen points: one of a device that is away, one that grows beyond what is plausible for it, and a dozen that are good.</summary>
    private void ConfigurePlantWithTrouble()
    {
        _folder.Configure();
        var good = string.Join(", ", Enumerable.Range(1, 12).Select(n => $"p{n}: {{ simulate: \"constant({n})\" }}"));
        _folder.WriteMap("plant.yaml", $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{LoopbackPort.Free()}} }
            devices: [{ name: meter, every: 200 ms, points: { power: { holding: 0 } } }]
            ---
            bus: { simulated: true }
            devices: [{ name: plant, every: 200 ms, points: { runaway: { max: 3, simulate: "counter(0, 1)" }, {{good}} } }]
            """);
    }

    private async Task<GatewayProcess> RunAsync()
    {
        var gateway = _folder.Run();
        await gateway.WaitForErrorAsync("The page is on ");
        return gateway;
    }

    private static ILocator Fact(ILocator within, string term) => within.Locator("dl.facts > div").Filter(new() { Has = within.Page.Locator($"dt:text-is('{term}')") }).Locator("dd").First;

    [GeneratedRegex(@"^[1-9]")]
    private static partial Regex Many { get; }

    [GeneratedRegex(@"^\d+(\.\d)? h$")]
    private static partial Regex Hours { get; }

    [GeneratedRegex(@"most [1-9]")]
    private static partial Regex MostOfMany { get; }

    [GeneratedRegex(@"^[0-3](\.\d+)?$")]
    private static partial Regex Plausible { get; }

    [GeneratedRegex(@"^[1-9]\S* connection-refused$")]
    private static partial Regex Refusals { get; }

    [GeneratedRegex(@"^[\d.]+ ms$")]
    private static partial Regex Milliseconds { get; }

    [GeneratedRegex("^Devices on modbus tcp")]
    private static partial Regex MembersOfModbus { get; }
}
