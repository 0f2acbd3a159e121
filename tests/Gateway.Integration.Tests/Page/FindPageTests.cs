using System.Net;
using System.Net.Sockets;
using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>Scan and probe on the page, against pymodbus.</summary>
[Collection(PageTests.Name)]
public sealed class FindPageTests(PageBrowser browser, DemoPage demo) : IClassFixture<DemoPage>
{
    // Unit 3 has the words 0x4248 0x0000 at 10, which are the float32 50.
    private static Task<PymodbusServer> ServeAsync() =>
        PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [3] = new() { Holding = { [0] = new ushort[10].Append((ushort)0x4248).Append((ushort)0).Append((ushort)7).ToArray() } } });

    [PeerTheory(Peer.Chromium, Peer.Pymodbus)]
    [InlineData(1280)]
    [InlineData(360)]
    public async Task A_scan_shows_its_progress_and_what_it_finds(int width)
    {
        await using var device = await ServeAsync();
        await using var window = await browser.OpenAsync(await demo.AddressAsync() + "/#/find", width);
        var scan = window.Page.GetByRole(AriaRole.Region, new() { Name = "Scan" });
        await scan.GetByLabel("or host on the network").FillAsync($"127.0.0.1:{device.Port}");
        await scan.GetByLabel("Unit ids").FillAsync("1-4");

        await scan.GetByRole(AriaRole.Button, new() { Name = "Scan" }).ClickAsync();

        await Expect(scan.GetByRole(AriaRole.Status)).ToContainTextAsync("Done: 1 found.");
        await Expect(scan.GetByRole(AriaRole.Table)).ToContainTextAsync("3");
        await Expect(scan.Locator("progress")).ToBeHiddenAsync();
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task A_scan_of_nothing_says_so_and_may_be_stopped()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync() + "/#/find");
        using var silent = new TcpListener(IPAddress.Loopback, 0); // it takes connections and says nothing: that would take many minutes
        silent.Start();
        var scan = window.Page.GetByRole(AriaRole.Region, new() { Name = "Scan" });
        await scan.GetByRole(AriaRole.Button, new() { Name = "Scan" }).ClickAsync();
        await Expect(scan.GetByRole(AriaRole.Status).Locator(".badge.bad")).ToBeVisibleAsync();

        await scan.GetByLabel("or host on the network").FillAsync($"{silent.LocalEndpoint}");
        await scan.GetByLabel("Time for an answer").FillAsync("5 s");
        await scan.GetByRole(AriaRole.Button, new() { Name = "Scan" }).ClickAsync();
        await Expect(scan.GetByRole(AriaRole.Progressbar, new() { Name = "Progress of the scan" })).ToBeVisibleAsync();
        await Expect(scan.GetByRole(AriaRole.Status)).ToContainTextAsync("0 %, ");
        await scan.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();

        await Expect(scan.GetByRole(AriaRole.Status)).ToContainTextAsync("Stopped");
        await Expect(scan.Locator("progress")).ToBeHiddenAsync();
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task A_probe_shows_that_it_waits_and_says_that_nobody_answered()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync() + "/#/find");
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var probe = window.Page.GetByRole(AriaRole.Region, new() { Name = "Probe registers" });
        await probe.GetByLabel("or host on the network").FillAsync($"{silent.LocalEndpoint}");

        var isSeen = new TaskCompletionSource();
        await window.Page.RouteAsync("**/api/probe*", async route =>
        {
            await isSeen.Task; // it waits a second only
            await route.ContinueAsync();
        });

        await probe.GetByRole(AriaRole.Button, new() { Name = "Probe" }).ClickAsync();

        await Expect(probe.GetByRole(AriaRole.Progressbar, new() { Name = "Progress of the probe" })).ToBeVisibleAsync();
        isSeen.SetResult();
        await Expect(probe.GetByRole(AriaRole.Status).Locator(".badge.bad")).ToBeVisibleAsync();
        await Expect(probe.Locator("progress")).ToBeHiddenAsync();
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium, Peer.Pymodbus)]
    public async Task A_probe_shows_registers_as_every_type()
    {
        await using var device = await ServeAsync();
        await using var window = await browser.OpenAsync(await demo.AddressAsync() + "/#/find");
        var probe = window.Page.GetByRole(AriaRole.Region, new() { Name = "Probe registers" });
        await probe.GetByLabel("or host on the network").FillAsync($"127.0.0.1:{device.Port}");
        await probe.GetByLabel("Unit id").FillAsync("3");
        await probe.GetByLabel("Address, from 0").FillAsync("10");
        await probe.GetByLabel("How many").FillAsync("2");

        await probe.GetByRole(AriaRole.Button, new() { Name = "Probe" }).ClickAsync();

        await Expect(probe.GetByRole(AriaRole.Table, new() { Name = "Contents" })).ToContainTextAsync("0x4248");
        await Expect(probe.Locator(".plausible").Filter(new() { HasText = "50" }).First).ToBeVisibleAsync();
        Assert.Empty(window.Complaints);
    }
}
