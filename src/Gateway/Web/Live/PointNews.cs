using Gateway.Runtime.Commands;

namespace Gateway.Web.Live;

/// <summary>What of the points a follower has not been told yet. Not thread-safe.</summary>
internal sealed class PointNews
{
    private readonly Dictionary<(string Device, string Point), (DateTimeOffset? Time, string? Quality, string? Unit, WritableValue? Write)> _told = [];
    private bool _hasTold;

    /// <summary>
    /// <c>all</c> with every point, in the beginning and when there are others than before, or some with another unit or other values to be written; <c>points</c> with those that are newer or of another
    /// quality; null: nothing is new.
    /// </summary>
    public (string Kind, IReadOnlyList<PointReading> Readings)? Next(IReadOnlyList<PointReading> points)
    {
        var isSame = _hasTold && points.Count == _told.Count && points.All(point => _told.TryGetValue((point.Device, point.Point), out var told) && (told.Unit, told.Write) == (point.Unit, point.Write));
        if (!isSame)
        {
            _told.Clear();
        }

        var news = points.Where(point => !isSame || !IsTold(point)).ToList();
        foreach (var point in news)
        {
            _told[(point.Device, point.Point)] = (point.Time, point.Quality, point.Unit, point.Write);
        }

        _hasTold = true;
        return isSame ? news.Count > 0 ? ("points", news) : null : ("all", points);
    }

    private bool IsTold(PointReading point)
    {
        var (time, quality, _, _) = _told[(point.Device, point.Point)];
        return (time, quality) == (point.Time, point.Quality);
    }
}
