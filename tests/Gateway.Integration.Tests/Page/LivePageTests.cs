using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>Values, charts and writing on the page of the demo's plant.</summary>
[Collection(PageTests.Name)]
public sealed class LivePageTests(PageBrowser browser, DemoPage demo) : IClassFixture<DemoPage>
{
    [PeerFact(Peer.Chromium)]
    public async Task Each_device_shows_its_points_with_unit_and_age()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());

        await Expect(window.Page).ToHaveTitleAsync("Live – demo");
        foreach (var device in new[] { "main-meter", "pv", "boiler", "scale", "garage", "attic" })
        {
            await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = device, Exact = true })).ToBeVisibleAsync();
        }

        var temperature = window.Point("boiler", "flow_temperature");
        await Expect(temperature.Locator(".value")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"^\d\d\.\d$"));
        await Expect(temperature.Locator(".unit")).ToHaveTextAsync("°C");
        await Expect(temperature.Locator(".age")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"^(now|\d+ s)$"));
        await Expect(window.Point("garage", "relay").Locator(".value")).ToHaveTextAsync("off");
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task Values_change_as_they_are_read()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());
        var power = window.Point("pv", "power").Locator(".value");
        await Expect(power).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"\d"));
        var first = await power.TextContentAsync();

        await Expect(power).Not.ToHaveTextAsync(first!);
    }

    [PeerFact(Peer.Chromium)]
    public async Task Points_are_found_by_name()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());
        await Expect(window.Point("boiler", "mode")).ToBeVisibleAsync();

        await window.Page.GetByLabel("Find a point").FillAsync("flow");

        await Expect(window.Page.Locator("a.point:visible")).ToHaveCountAsync(1);
        await Expect(window.Point("boiler", "flow_temperature")).ToBeVisibleAsync();
        await window.Page.GetByLabel("Find a point").FillAsync("no such thing");
        await Expect(window.Page.GetByText("No point has this name.")).ToBeVisibleAsync();
    }

    [PeerFact(Peer.Chromium)]
    public async Task A_point_has_a_chart_that_can_be_zoomed_and_read()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());
        await window.Point("boiler", "flow_temperature").ClickAsync();

        var dialog = window.Page.GetByRole(AriaRole.Dialog, new() { Name = "boiler.flow_temperature" });
        await Expect(dialog.Locator(".plot canvas")).ToBeVisibleAsync();
        await Expect(dialog.Locator("figcaption")).ToContainTextAsync("°C");
        await HoverAsync(dialog);
        await Expect(dialog.Locator(".readout")).ToContainTextAsync("°C");

        await dialog.GetByRole(AriaRole.Button, new() { Name = "1 day" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "1 day" })).ToHaveAttributeAsync("aria-pressed", "true");
        await dialog.Locator(".plot").FocusAsync();
        await window.Page.Keyboard.PressAsync("+");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Whole range" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Whole range" })).ToBeHiddenAsync();
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task What_of_a_chart_is_dragged_over_is_looked_at_closer()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());
        const string Spans = "async () => { const { times } = await (await fetch('api/history?name=boiler.flow_temperature&buckets=400')).json(); return [times.length, times.at(-1) - times[0]]; }";
        double[] before = [];
        await Eventually.TrueAsync(async () => (before = await window.Page.EvaluateAsync<double[]>(Spans))[0] >= 4); // each of 9 s, as the chart has them
        await window.Point("boiler", "flow_temperature").ClickAsync();
        var dialog = window.Page.GetByRole(AriaRole.Dialog, new() { Name = "boiler.flow_temperature" });
        await Expect(dialog.Locator(".plot canvas")).ToBeVisibleAsync();
        var zoomed = await window.Page.RunAndWaitForRequestAsync(() => DragAsync(window.Page, dialog.Locator(".u-over"), from: 0.1f, to: 0.9f), request => request.Url.Contains("from=", StringComparison.Ordinal));

        var after = await window.Page.EvaluateAsync<double[]>(Spans);
        var query = System.Web.HttpUtility.ParseQueryString(new Uri(zoomed.Url).Query);
        Assert.InRange((At("to") - At("from")).TotalMilliseconds, 0.7 * before[1], 0.9 * after[1]);
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Whole range" })).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Whole range" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Whole range" })).ToBeHiddenAsync();
        Assert.Empty(window.Complaints);

        DateTimeOffset At(string name) => DateTimeOffset.Parse(query[name]!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [PeerTheory(Peer.Chromium)]
    [InlineData(1280)]
    [InlineData(360)]
    public async Task A_value_is_written_after_a_confirmation_and_read_back(int width)
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync() + "/#/live/boiler.mode", width);
        var dialog = window.Page.GetByRole(AriaRole.Dialog, new() { Name = "boiler.mode" });
        var field = dialog.GetByLabel("Write a value");

        await Expect(field.Locator("option")).ToHaveTextAsync(["off", "eco", "comfort"]);
        await field.SelectOptionAsync("comfort");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Write…" }).ClickAsync();
        await Expect(dialog.GetByText("This sets boiler.mode to comfort on the real device.")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(dialog.GetByText("This sets")).ToBeHiddenAsync();

        // Another map may be in force by now, by which that is no choice any more.
        await window.Page.RouteAsync("**/api/points?*", route => route.ContinueAsync(new() { PostData = "\"party\""u8.ToArray() }), new() { Times = 1 });
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Write…" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Yes, write comfort" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Status)).ToContainTextAsync("'party' is not one of off, eco, comfort");

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Write…" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Yes, write comfort" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Status)).ToContainTextAsync("Written; it reads comfort now.");
        await Expect(dialog.Locator(".big")).ToHaveTextAsync("comfort");
        Assert.Empty(window.Complaints);
    }

    [PeerFact(Peer.Chromium)]
    public async Task A_switch_is_written_with_the_keyboard_alone()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());
        await Expect(window.Point("garage", "relay")).ToBeVisibleAsync();
        await window.Point("garage", "relay").FocusAsync();
        var keyboard = window.Page.Keyboard;

        await keyboard.PressAsync("Enter");
        var dialog = window.Page.GetByRole(AriaRole.Dialog, new() { Name = "garage.relay" });
        await Expect(dialog).ToBeVisibleAsync();
        await TabToAsync(window.Page, "select");
        await keyboard.PressAsync("o"); // off, on: the first that begins with it
        await keyboard.PressAsync("ArrowUp");
        await TabToAsync(window.Page, "button[type=submit]");
        await keyboard.PressAsync("Enter");
        await keyboard.PressAsync("Enter"); // "Yes" has the focus
        await Expect(dialog.GetByRole(AriaRole.Status)).ToContainTextAsync("Written; it reads on now.");

        await keyboard.PressAsync("Escape");
        await Expect(dialog).ToBeHiddenAsync();
        await Expect(window.Point("garage", "relay")).ToBeFocusedAsync();
        await Expect(window.Point("garage", "relay").Locator(".value")).ToHaveTextAsync("on");
    }

    [PeerFact(Peer.Chromium)]
    public async Task Views_are_reached_by_the_keyboard()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());
        await Expect(window.Point("boiler", "mode")).ToBeVisibleAsync();
        await window.Page.Keyboard.PressAsync("Tab");
        await Expect(window.Page.GetByText("To the contents")).ToBeFocusedAsync();

        await TabToAsync(window.Page, "a[href='#/system']");
        await window.Page.Keyboard.PressAsync("Enter");

        await Expect(window.Page.GetByRole(AriaRole.Meter, new() { Name = "gpio gpiochip0 is busy" })).ToBeVisibleAsync();
    }

    [PeerFact(Peer.Chromium)]
    public async Task Values_look_old_once_the_gateway_does_not_answer()
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync());
        await Expect(window.Page.Locator(".connection")).ToHaveTextAsync("live");

        await demo.KillAsync();

        await Expect(window.Page.Locator(".connection")).ToContainTextAsync("values are old");
        await Expect(window.Page.Locator("body.lost")).ToBeVisibleAsync();
    }

    // What was read is at the right edge, as wide as the demo is old: a step of the pointer is a bucket.
    private static async Task HoverAsync(ILocator dialog)
    {
        var (plot, readout) = (dialog.Locator(".u-over"), dialog.Locator(".readout"));
        var back = 0;
        await Eventually.TrueAsync(async () =>
        {
            var box = await plot.BoundingBoxAsync();
            await plot.HoverAsync(new() { Position = new() { X = box!.Width - 1 - (back++ % 30), Y = 60 } });
            return await readout.TextContentAsync() is { Length: > 0 };
        });
    }

    private static async Task DragAsync(IPage page, ILocator plot, float from, float to)
    {
        var box = (await plot.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + from * box.Width, box.Y + 60);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + to * box.Width, box.Y + 60, new() { Steps = 5 });
        await page.Mouse.UpAsync();
    }

    private static async Task TabToAsync(IPage page, string selector)
    {
        for (var i = 0; i < 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>("selector => document.activeElement.matches(selector)", selector))
            {
                return;
            }
        }

        Assert.Fail($"{selector} is not reached by the keyboard");
    }
}
