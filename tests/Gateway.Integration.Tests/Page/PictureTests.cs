using Gateway.TestSupport;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Gateway.Integration.Tests.Page;

/// <summary>
/// The README's pictures of the page show the page as it is drawn. With <c>GATEWAY_WRITE_PICTURES=1</c> the test waits until the chart has
/// something to show, and writes them.
/// </summary>
[Collection(PageTests.Name)]
public sealed class PictureTests(PageBrowser browser, DemoPage demo) : IClassFixture<DemoPage>
{
    private const string Chart = "#/live/boiler.flow_temperature";

    // So long a course shows what the boiler does, seconds.
    private const double ChartSeconds = 240;

    private static readonly bool IsWriting = Environment.GetEnvironmentVariable("GATEWAY_WRITE_PICTURES") == "1";
    private static readonly string Folder = Path.Combine(Repository.Root, "src", "Gateway", "Web", "pictures");

    [PeerTheory(Peer.Chromium)]
    [InlineData("live", "#/live", 1200, 760, ColorScheme.Light)]
    [InlineData("chart", Chart, 1200, 760, ColorScheme.Dark)]
    [InlineData("phone", "#/live", 390, 760, ColorScheme.Light)]
    public async Task The_README_has_a_picture_of_the_page(string name, string view, int width, int height, ColorScheme scheme)
    {
        await using var window = await browser.OpenAsync(await demo.AddressAsync(), width, scheme);
        if (IsWriting)
        {
            await CourseAsync(window.Page);
        }

        await window.GoAsync(view);
        await window.Page.SetViewportSizeAsync(width, height);
        await Expect(window.Page.Locator(view == Chart ? ".plot canvas" : "a.point.good >> nth=0")).ToBeVisibleAsync();
        var picture = await window.Page.ScreenshotAsync(new() { Animations = ScreenshotAnimations.Disabled });

        var path = Path.Combine(Folder, $"{name}.png");
        if (IsWriting)
        {
            await File.WriteAllBytesAsync(path, picture);
        }

        Assert.Contains($"(src/Gateway/Web/pictures/{name}.png)", await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md")), StringComparison.Ordinal);
        Assert.Equal(SizeOf(picture), SizeOf(await File.ReadAllBytesAsync(path)));
    }

    /// <summary>Waits until so much of the boiler's course is recorded.</summary>
    private static async Task CourseAsync(IPage page) => await page.EvaluateAsync(
        """
        async least => {
          for (;;) {
            const { times } = await (await fetch('api/history?name=boiler.flow_temperature')).json();
            if (times.length > 0 && times.at(-1) - times[0] >= 1000 * least) return;
            await new Promise(done => setTimeout(done, 1000));
          }
        }
        """,
        ChartSeconds);

    /// <summary>Width and height of a PNG (its IHDR chunk: 11.2.1 of the PNG specification).</summary>
    private static (int Width, int Height) SizeOf(byte[] picture) =>
        (System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20)));
}
