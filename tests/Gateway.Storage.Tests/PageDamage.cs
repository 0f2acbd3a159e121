using System.Globalization;

namespace Gateway.Storage.Tests;

/// <summary>What a disk does to a page of a file.</summary>
internal static class PageDamage
{
    public const int PageSize = 4096;

    /// <summary>Every page is damaged in turn, or every so many: <c>GATEWAY_DAMAGED_PAGES</c>.</summary>
    public static int Step { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_DAMAGED_PAGES"), CultureInfo.InvariantCulture, out var step) ? step : 7;

    /// <summary>The pages of a file that are damaged in turn.</summary>
    public static IEnumerable<int> PagesOf(string path, bool withFirst)
    {
        var pages = (int)(new FileInfo(path).Length / PageSize);
        for (var page = withFirst || Step == 1 ? 0 : Step / 2; page < pages; page += Step)
        {
            yield return page;
        }
    }

    /// <summary>Damages one: <c>zeros</c>, <c>noise</c>, <c>one bit</c>, or the file is <c>cut off</c> there.</summary>
    public static async Task DoAsync(string path, int page, string how)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        var random = new Random(page);
        var span = bytes.AsMemory(page * PageSize, Math.Min(PageSize, bytes.Length - (page * PageSize)));
        switch (how)
        {
            case "zeros":
                span.Span.Clear();
                break;
            case "noise":
                random.NextBytes(span.Span);
                break;
            case "one bit":
                span.Span[random.Next(span.Length)] ^= (byte)(1 << random.Next(8));
                break;
            default:
                bytes = bytes[..(page * PageSize)];
                break;
        }

        await File.WriteAllBytesAsync(path, bytes);
    }
}
