using Gateway.Runtime.Commands;

namespace Gateway.Web.Live;

/// <summary>What of the points a follower has not been told yet. Not thread-safe.</summary>
internal sealed class PointNews
{
    private readonly Dictionary<(string Device, string Point), (DateTimeOffset? Time, string? Quality, string? Nature)> _told = [];
    private bool _hasTold;

    /// <summary>
    /// <c>all</c> with every point, in the beginning and when there are others than before, or some with another unit or other values to be written; <c>points</c> with those that are newer or of another
    /// quality; null: nothing is new.
    /// </summary>
    public (string Kind, IReadOnlyList<PointReading> Readings)? Next(IReadOnlyList<PointReading> points)
    {
        var isSame = _hasTold && points.Count == _told.Count && points.All(point => _told.TryGetValue((point.Device, point.Point), out var told) && told.Nature == NatureOf(point));
        if (!isSame)
        {
            _told.Clear();
        }

        var news = points.Where(point => !isSame || !IsTold(point)).ToList();
        foreach (var point in news)
        {
            _told[(point.Device, point.Point)] = (point.Time, point.Quality, NatureOf(point));
        }

        _hasTold = true;
        return isSame ? news.Count > 0 ? ("points", news) : null : ("all", points);
    }

    // What of a point an edit of its map changes, and no reading. Of most it is the unit, which costs nothing.
    private static string? NatureOf(PointReading point) =>
        point.Write is { } write ? $"{point.Unit} {write.Kind} {write.Minimum} {write.Maximum} {string.Join('/', write.Choices ?? [])}" : point.Unit;

    private bool IsTold(PointReading point)
    {
        var (time, quality, _) = _told[(point.Device, point.Point)];
        return (time, quality) == (point.Time, point.Quality);
    }
}
