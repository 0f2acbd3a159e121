using Gateway.Abstractions.Definitions;
using Gateway.Storage.Points;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Gateway.Storage.Tests.Points;

/// <summary>Each page of the file of counts and states is damaged in turn: all is there but what is on the page.</summary>
public sealed class PointCorruptionTests(ITestOutputHelper output) : IDisposable
{
    private const int Values = 2000;
    private const int MostOnAPage = PageDamage.PageSize / 25;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    private string FilePath => Path.Combine(_folder, "points.db");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("zeros")]
    [InlineData("noise")]
    [InlineData("one bit")]
    public async Task What_is_not_on_the_damaged_page_is_there(string damage)
    {
        var points = Enumerable.Range(0, Values).Select(n => Point($"meter{n:D4}")).ToList();
        await using (var memory = await OpenAsync())
        {
            foreach (var (n, point) in points.Index())
            {
                memory.Save(point, "count", n, TimeSpan.FromMinutes(1));
            }
        }

        var sound = await File.ReadAllBytesAsync(FilePath);
        var (cases, there) = (0, 0);
        foreach (var page in PageDamage.PagesOf(FilePath, withFirst: true).ToList())
        {
            await File.WriteAllBytesAsync(FilePath, sound);
            await PageDamage.DoAsync(FilePath, page, damage);
            int found;
            await using (var memory = await OpenAsync())
            {
                found = points.Index().Count(point => memory.Load(point.Item, "count") == point.Index);
            }

            Assert.True(found >= Values - MostOnAPage, $"page {page}: {found}");
            (cases, there) = (cases + 1, there + found);
        }

        output.WriteLine($"points.db, {damage}: {cases} pages, {cases * Values} values, {there} there");
    }

    private static PointDefinition Point(string device) => new()
    {
        DeviceName = device,
        Name = "energy",
        Every = TimeSpan.FromSeconds(1),
        Settings = new Settings(new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), new SourceLocation("map.yaml", 1, 1)),
    };

    private Task<PointMemory> OpenAsync() => PointMemory.OpenAsync(FilePath, _time, NullLogger<PointMemory>.Instance);
}
