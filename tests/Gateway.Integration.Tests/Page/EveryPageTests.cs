using Gateway.TestSupport;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>What holds for each view: phones, light and dark, nothing from elsewhere, nothing too heavy.</summary>
[Collection(PageTests.Name)]
public sealed class EveryPageTests(PageBrowser browser, DemoPage demo, ITestOutputHelper output) : IClassFixture<DemoPage>
{
    private const int MaximumTransferredBytes = 250_000;
    private const double MaximumLoadMilliseconds = 10_000;

    // Text whose contrast to what is behind it is below WCAG's AA: 4.5, or 3 where it is large. Colours are made RGB by a canvas.
    private const string TooFaint = """
        () => {
          const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
          const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
          const over = ([r, g, b, a], below) => [r, g, b].map((part, i) => part * a / 255 + below[i] * (1 - a / 255));
          const ground = element => { const own = rgba(getComputedStyle(element).backgroundColor); return own[3] === 255 ? own.slice(0, 3) : over(own, element.parentElement ? ground(element.parentElement) : [255, 255, 255]); };
          const luminance = colour => colour.map(part => part / 255).map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4).reduce((sum, part, i) => sum + part * [.2126, .7152, .0722][i], 0);
          return [...document.querySelectorAll('body *')].filter(element => element.checkVisibility({ visibilityProperty: true }) && !element.closest('svg, canvas, :disabled, .unseen, noscript') && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())).flatMap(element => {
            const style = getComputedStyle(element), below = ground(element);
            const [light, dark] = [luminance(over(rgba(style.color), below)), luminance(below)].sort((a, b) => b - a);
            const least = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
            const contrast = (light + .05) / (dark + .05);
            return contrast < least ? [`${element.textContent.trim()} (${contrast.toFixed(2)})`] : [];
          });
        }
        """;

    // What can be used and says neither by a label nor by its text what it is.
    private const string Nameless = """
        () => [...document.querySelectorAll('a, button, input, select, meter, progress, dialog[open], [role=img]')].filter(element => element.checkVisibility())
          .filter(element => !(element.getAttribute('aria-label') || element.getAttribute('aria-labelledby') || element.labels?.length || element.textContent.trim() && !element.matches('input, select'))).map(element => element.outerHTML)
        """;

    public static TheoryData<string> Views { get; } = ["#/live", "#/live/boiler.mode", "#/live/boiler.flow_temperature", "#/system", "#/maps", "#/find", "#/log"];

    [PeerTheory(Peer.Chromium)]
    [MemberData(nameof(Views))]
    public async Task A_phone_shows_it_without_scrolling_sideways(string view)
    {
        await using var window = await OpenAsync(view, width: 360);

        Assert.Equal(0, await window.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        Assert.Empty(window.Complaints);
    }

    [PeerTheory(Peer.Chromium)]
    [MemberData(nameof(Views))]
    public async Task Text_stands_out_in_light_and_dark_and_everything_has_a_name(string view)
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var window = await OpenAsync(view, scheme: scheme);

            Assert.Empty(await window.Page.EvaluateAsync<string[]>(TooFaint));
            Assert.Empty(await window.Page.EvaluateAsync<string[]>(Nameless));
            Assert.Empty(window.Complaints);
        }
    }

    [PeerFact(Peer.Chromium)]
    public async Task Nothing_comes_from_elsewhere_and_it_is_light()
    {
        await using var window = await OpenAsync("#/live");
        foreach (var view in Views)
        {
            await window.GoAsync(view);
            await ShownAsync(window, view);
        }

        var own = new Uri(window.Address);
        Assert.All(window.Requested, uri => Assert.True(uri.Authority == own.Authority || uri.Scheme == "data", $"{uri}"));
        Assert.InRange(await window.TransferredAsync(), 1, MaximumTransferredBytes);
        Assert.Empty(window.Complaints);
    }

    // A wide limit: what it takes is said, for the record, and a machine may have other things to do.
    [PeerFact(Peer.Chromium)]
    public async Task It_is_there_at_once()
    {
        await using var window = await OpenAsync("#/live");
        await Expect(window.Point("boiler", "mode")).ToBeVisibleAsync();
        var times = await window.Page.EvaluateAsync<double[]>("() => { const [all] = performance.getEntriesByType('navigation'); return [all.responseEnd, all.domContentLoadedEventEnd, all.loadEventEnd]; }");

        output.WriteLine($"The page came within {times[0]:0} ms, stood after {times[1]:0} ms and was loaded after {times[2]:0} ms.");
        Assert.InRange(times[2], 1, MaximumLoadMilliseconds);
    }

    [PeerFact(Peer.Chromium)]
    public async Task Without_motion_nothing_moves()
    {
        await using var window = await OpenAsync("#/live");
        await window.Page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });

        Assert.Equal(0, await window.Page.EvaluateAsync<int>("() => document.getAnimations().length"));
    }

    [PeerFact(Peer.Chromium)]
    public async Task Light_or_dark_is_chosen_and_kept()
    {
        await using var window = await OpenAsync("#/live");
        const string Ground = "() => getComputedStyle(document.body).backgroundColor";
        var light = await window.Page.EvaluateAsync<string>(Ground);

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Light or dark" }).ClickAsync();
        var dark = await window.Page.EvaluateAsync<string>(Ground);
        await window.Page.ReloadAsync();
        await ShownAsync(window, "#/live");

        Assert.NotEqual(light, dark);
        Assert.Equal(dark, await window.Page.EvaluateAsync<string>(Ground));
    }

    private async Task<PageWindow> OpenAsync(string view, int width = 1280, ColorScheme scheme = ColorScheme.Light)
    {
        var window = await browser.OpenAsync(await demo.AddressAsync(), width, scheme);
        await window.GoAsync(view);
        await ShownAsync(window, view);
        return window;
    }

    /// <summary>Waits for what comes last in a view.</summary>
    private static Task ShownAsync(PageWindow window, string view) => Expect(window.Page.Locator(view switch
    {
        "#/live" => "a.point.good >> nth=0",
        "#/system" => "#buses meter >> nth=0",
        "#/maps" => ".source >> nth=0",
        "#/find" => "#probe-count",
        "#/log" => ".log li >> nth=0",
        _ => "dialog[open] .state .badge.good",
    })).ToBeVisibleAsync();
}
