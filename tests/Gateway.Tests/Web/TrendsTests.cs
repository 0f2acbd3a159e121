using Gateway.Abstractions;
using Gateway.Runtime;
using Gateway.Runtime.Mapping;
using Gateway.Storage.History;
using Gateway.TestSupport;
using Gateway.Web.History;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Web;

public sealed class TrendsTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 1, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("trends-");
    private readonly ManualTimeProvider _time = new(Start);
    private readonly StubStatusSource _source = new();
    private readonly LogLines _log = new();
    private Trends _trends;

    public TrendsTests() => _trends = Open(isOnDisk: false);

    public async ValueTask DisposeAsync()
    {
        await _trends.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void An_hour_has_least_greatest_and_mean_of_each_stretch()
    {
        foreach (var (second, value) in new[] { (0, 1.0), (1, 5.0), (4, 3.0), (10, 7.0) })
        {
            Observe(second, PointValue.From(value));
        }

        var series = Read(0, 3600);

        Assert.Equal("°C", series.Unit);
        Assert.Equal([Millis(0), Millis(10)], series.Times);
        Assert.Equal([1.0, 7.0], series.Min);
        Assert.Equal([5.0, 7.0], series.Max);
        Assert.Equal([3.0, 7.0], series.Mean);
    }

    [Fact]
    public void Where_there_was_no_good_value_there_is_a_gap()
    {
        Observe(0, PointValue.From(1L));
        Observe(20, PointValue.None, Quality.Bad);
        Observe(25, PointValue.None, Quality.Bad);
        Observe(40, PointValue.From(2L));
        Observe(60, PointValue.From(3L), Quality.Stale);

        var series = Read(0, 3600);

        Assert.Equal([1.0, null, 2.0, null], series.Mean);
        Assert.Equal([Millis(0), Millis(40) - 1, Millis(40), Millis(60)], series.Times);
    }

    [Fact]
    public void A_point_that_is_read_seldom_has_no_gaps_and_bits_are_numbers()
    {
        for (var second = 0; second < 600; second += 30)
        {
            Observe(second, PointValue.From(second % 60 == 0));
        }

        var series = Read(0, 3600);

        Assert.Equal(20, series.Mean.Count);
        Assert.Equal([1.0, 0.0, 1.0], series.Mean.Take(3));
    }

    [Fact]
    public void Texts_have_no_chart()
    {
        Observe(0, PointValue.From("eco"));

        Assert.Empty(Read(0, 3600).Times);
    }

    [Fact]
    public void Memory_is_bounded_in_time_and_in_points()
    {
        for (var second = 0; second < 3 * 3600; second++)
        {
            Observe(second, PointValue.From((long)second));
        }

        for (var point = 0; point < 2 * Trends.MostPoints; point++)
        {
            Observe(0, PointValue.From(1L), point: $"p{point}");
        }

        Assert.Equal(PointTrend.Most, Read(2 * 3600, 3 * 3600).Times.Count);
        Assert.Empty(Read(0, 2 * 3600).Times);
        Assert.Equal(Trends.MostPoints - 1, Enumerable.Range(0, 2 * Trends.MostPoints).Count(point => Read(0, 3600, point: $"p{point}").Times.Count > 0));
    }

    [Fact]
    public async Task A_point_without_room_is_told_so_and_the_queue_has_its_own()
    {
        for (var point = 0; point < Trends.MostPoints + 3; point++)
        {
            Observe(0, PointValue.From(1L), point: $"p{point}");
            Observe(1, PointValue.From(1L), point: $"p{point}");
        }

        Assert.Null(Read(0, 3600, point: "p0").Note);
        Assert.Equal("There is no room for this point: what 1000 others were is kept already.", Read(0, 3600, point: $"p{Trends.MostPoints}").Note);
        Assert.Null(Read(0, 3600, point: "never").Note);
        Assert.Equal(3, _trends.LeftOut);
        Assert.Equal(
            "The page has no charts of boiler.p1000 and of further points: it keeps what 1000 points were, and a point that has no value for an hour makes room",
            Assert.Single(_log.All));
        await Eventually.TrueAsync(() => _time.ArmedTimers > 0);
        _source.Status = _source.Status with { Queue = new QueueStatus(42, 0, null, 0, null) };
        _time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _trends.Read("$queue", "depth", null, Millis(0), Millis(3600), 720).Mean.Contains(42));

        // Once nothing comes of them any more, they are not missed.
        _time.Advance(TimeSpan.FromHours(2));
        await Eventually.TrueAsync(() => _trends.LeftOut == 0);
    }

    [Fact]
    public void Between_two_values_it_is_drawn_from_one_to_the_other()
    {
        Observe(0, PointValue.From(1L));
        Observe(600, PointValue.From(3L));
        Observe(650, PointValue.None, Quality.Bad);
        Observe(1200, PointValue.From(5L));

        Assert.Equal([Millis(0), Millis(600)], Read(200, 300).Times);
        Assert.Empty(Read(700, 800).Times);
        Assert.Empty(Read(1300, 1400).Times);
    }

    [Fact]
    public void There_are_no_more_stretches_than_asked_for()
    {
        for (var second = 0; second < 3600; second++)
        {
            Observe(second, PointValue.From((long)second));
        }

        var series = Read(0, 3600, buckets: 60);

        Assert.Equal(60, series.Times.Count);
        Assert.Equal((60.0, 119.0, 89.5), (series.Min[1], series.Max[1], series.Mean[1]!.Value));
    }

    [Fact]
    public void A_clock_that_is_set_back_begins_anew()
    {
        Observe(0, PointValue.From(1L));
        Observe(-86_400, PointValue.From(2L));
        Observe(-86_395, PointValue.From(3L));

        Assert.Equal([2.0, 3.0], Read(-86_400, -82_800).Mean);
    }

    [Fact]
    public async Task The_queue_has_a_chart_too()
    {
        await Eventually.TrueAsync(() => _time.ArmedTimers > 0);
        _source.Status = _source.Status with { Queue = new QueueStatus(42, 0, null, 0, null) };
        _time.Advance(TimeSpan.FromSeconds(5));

        await Eventually.TrueAsync(() => _trends.Read("$queue", "depth", null, Millis(0), Millis(3600), 720).Mean.Contains(42));
    }

    [Fact]
    public async Task What_was_is_there_after_a_restart_with_a_gap_between()
    {
        await _trends.DisposeAsync();
        _trends = Open(isOnDisk: true);
        for (var second = 0; second < 120; second++)
        {
            Observe(second, PointValue.From((long)second));
        }

        _time.Advance(TimeSpan.FromSeconds(120));
        await _trends.DisposeAsync();
        _time.Advance(TimeSpan.FromSeconds(480));
        _trends = Open(isOnDisk: true);
        Observe(600, PointValue.From(7L));

        var series = Read(0, 3600);

        Assert.Equal([29.5, 89.5, null, 7.0], series.Mean);
    }

    [Fact]
    public async Task Points_without_a_value_in_the_last_hour_make_room_for_others()
    {
        for (var point = 0; point < Trends.MostPoints; point++)
        {
            Observe(0, PointValue.From(1L), point: $"old{point}");
        }

        Observe(1, PointValue.From(1L), point: "late");
        Assert.Empty(Read(0, 10_000, point: "late").Mean);

        await Eventually.TrueAsync(() => _time.ArmedTimers > 0);
        _time.Advance(TimeSpan.FromHours(2));
        await Eventually.TrueAsync(() =>
        {
            Observe(7200, PointValue.From(1L), point: "late");
            return Read(0, 10_000, point: "late").Mean.Count > 0;
        });
    }

    private static long Millis(int second) => Start.AddSeconds(second).ToUnixTimeMilliseconds();

    private void Observe(int second, PointValue value, Quality quality = Quality.Good, string point = "flow") =>
        _trends.Observe(new Measurement("boiler", point, value, Start.AddSeconds(second), quality, null, "°C"));

    private TrendSeries Read(int from, int to, int buckets = 720, string point = "flow") => _trends.Read("boiler", point, "°C", Millis(from), Millis(to), buckets);

    private Trends Open(bool isOnDisk) =>
        new(_source, isOnDisk ? new HistoryStore(Path.Combine(_folder.FullName, "history.db"), 1_000_000, NullLogger<HistoryStore>.Instance) : null, _time, _log);
}
