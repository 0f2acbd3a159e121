using System.Diagnostics;
using System.Text.Json;
using Gateway.TestSupport;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>The page as it is built without npm: the same modules, unbundled, and no charts.</summary>
[Collection(PageTests.Name)]
public sealed class PlainPageTests(PageBrowser browser, DemoPage demo) : IClassFixture<DemoPage>
{
    private const int MaximumTransferredBytes = 250_000;

    [PeerFact(Peer.Chromium)]
    public async Task It_shows_values_and_says_how_to_get_charts()
    {
        var files = await ListEmbeddedAsync();
        await using var window = await browser.OpenAsync(await demo.AddressAsync(), prepare: page => page.RouteAsync(
            uri => files.ContainsKey(Name(uri)), async route => await route.FulfillAsync(new()
            {
                Path = files[Name(route.Request.Url)],
                ContentType = TypeOf(Name(route.Request.Url)),
                Headers = (await route.FetchAsync()).Headers.Where(header => header.Key == "content-security-policy"),
            })));

        await Expect(window.Point("boiler", "flow_temperature").Locator(".value")).ToContainTextAsync(".");
        await window.Point("boiler", "flow_temperature").ClickAsync();
        await Expect(window.Page.Locator("dialog .plot")).ToContainTextAsync("Install Node.js with npm");
        await Expect(window.Page.Locator("dialog figcaption")).ToContainTextAsync("Least");
        foreach (var view in new[] { "#/system", "#/maps", "#/find", "#/log" })
        {
            await window.GoAsync(view);
            await Expect(window.Page.Locator($".shell[data-view='{view[2..]}'] .view")).ToBeVisibleAsync();
        }

        Assert.Contains(window.Requested, uri => uri.AbsolutePath == "/charts.js");
        Assert.InRange(files.Values.Sum(file => new FileInfo(file).Length), 1, MaximumTransferredBytes);
        Assert.Empty(window.Complaints);
    }

    /// <summary>What a build without npm embeds: the name under which it is served, and the file.</summary>
    private static async Task<Dictionary<string, string>> ListEmbeddedAsync()
    {
        var start = new ProcessStartInfo(
            "dotnet", ["msbuild", Path.Combine(Repository.Root, "src", "Gateway"), "-p:Npm=none", "-t:ListPage", "-getItem:EmbeddedResource", "-nologo"])
        { RedirectStandardOutput = true };
        using var msbuild = Process.Start(start)!;
        var answer = await msbuild.StandardOutput.ReadToEndAsync();
        await msbuild.WaitForExitAsync();
        Assert.True(msbuild.ExitCode == 0, answer);
        return JsonDocument.Parse(answer).RootElement.GetProperty("Items").GetProperty("EmbeddedResource").EnumerateArray()
            .Select(item => (Name: item.GetProperty("LogicalName").GetString()!, File: item.GetProperty("FullPath").GetString()!))
            .Where(item => item.Name.StartsWith("page/", StringComparison.Ordinal))
            .ToDictionary(item => item.Name["page/".Length..], item => item.File);
    }

    private static string Name(string url) => new Uri(url).AbsolutePath switch { "/" => "index.html", var path => path[1..] };

    private static string TypeOf(string name) => Path.GetExtension(name) switch { ".js" => "text/javascript", ".css" => "text/css", ".svg" => "image/svg+xml", _ => "text/html" };
}
