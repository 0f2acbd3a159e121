using Gateway.TestSupport;
using Microsoft.Playwright;

namespace Gateway.Integration.Tests.Page;

/// <summary>The one headless Chromium that the tests of the page share. Started by the first that asks, so that without it they are skipped.</summary>
public sealed class PageBrowser : IAsyncLifetime
{
    // Chromium starts in a second alone, and in a minute beside a whole test run.
    private const float DeadlineMilliseconds = 60_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }

    /// <summary>A window with nothing remembered, at an address.</summary>
    /// <param name="address">Where the page is.</param>
    /// <param name="width">Its width; a phone's is 360.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="prepare">What is to be done before the page is loaded.</param>
    internal async Task<PageWindow> OpenAsync(
        string address, int width = 1280, ColorScheme scheme = ColorScheme.Light, Func<IPage, Task>? prepare = null)
    {
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Peer.FindExecutable(Peer.Chromium),
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            Timeout = DeadlineMilliseconds,
        });
        Assertions.SetDefaultExpectTimeout(DeadlineMilliseconds);
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 740 }, ColorScheme = scheme });
        context.SetDefaultTimeout(DeadlineMilliseconds);
        context.SetDefaultNavigationTimeout(DeadlineMilliseconds);
        var page = await context.NewPageAsync();
        await (prepare?.Invoke(page) ?? Task.CompletedTask);
        var window = new PageWindow(context, page, address);
        await page.GotoAsync(address);
        return window;
    }
}

/// <summary>The tests of the page run one after the other: a second Chromium would have half a core.</summary>
[CollectionDefinition(Name)]
public sealed class PageTests : ICollectionFixture<PageBrowser>
{
    public const string Name = "page";
}
