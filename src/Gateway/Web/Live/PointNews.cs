using Gateway.Runtime.Commands;

namespace Gateway.Web.Live;

/// <summary>What of the points a follower has not been told yet. Not thread-safe.</summary>
internal sealed class PointNews
{
    private readonly Dictionary<(string Device, string Point), (DateTimeOffset? Time, string? Quality)> _told = [];
    private bool _hasTold;

    /// <summary>
    /// <c>all</c> with every point, in the beginning and when there are others than before; <c>points</c> with those that are newer or of another
    /// quality; null: nothing is new.
    /// </summary>
    public (string Kind, IReadOnlyList<PointReading> Readings)? Next(IReadOnlyList<PointReading> points)
    {
        var isSame = _hasTold && points.Count == _told.Count && points.All(point => _told.ContainsKey((point.Device, point.Point)));
        if (!isSame)
        {
            _told.Clear();
        }

        var news = points.Where(point => !isSame || _told[(point.Device, point.Point)] != (point.Time, point.Quality)).ToList();
        foreach (var point in news)
        {
            _told[(point.Device, point.Point)] = (point.Time, point.Quality);
        }

        _hasTold = true;
        return isSame ? news.Count > 0 ? ("points", news) : null : ("all", points);
    }
}
