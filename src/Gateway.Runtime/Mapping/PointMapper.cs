using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Mapping;

/// <summary>What became of a reading.</summary>
public enum MappingOutcome : byte
{
    /// <summary>There is a measurement to publish.</summary>
    Publish,

    /// <summary>Nothing new: within the deadband, or still failing as before.</summary>
    Unchanged,

    /// <summary>Implausible: outside the limits, or a monotonic value that went back.</summary>
    Suppressed,
}

/// <summary>
/// Turns the readings of one point into measurements and decides which are published. Pure but for the last values it keeps;
/// not thread-safe.
/// </summary>
public sealed class PointMapper(PointDefinition point)
{
    private Quality? _publishedQuality;
    private PointValue _published;
    private DateTimeOffset _publishedTime;
    private decimal? _highest;

    /// <summary>Maps one reading.</summary>
    /// <param name="reading">A reading of this mapper's point.</param>
    /// <param name="measurement">What it means, also where it is not to be published.</param>
    public MappingOutcome Map(in Reading reading, out Measurement measurement)
    {
        var (value, quality, reason) = reading.Quality == Quality.Bad
            ? (PointValue.None, reading.Quality, reading.Reason)
            : Scaling.Apply(point, reading.Value);
        if (quality == Quality.Good && reading.Quality != Quality.Good)
        {
            (quality, reason) = (reading.Quality, reading.Reason);
        }

        measurement = new Measurement(point.DeviceName, point.Name, value, reading.Time, quality, reason, point.Unit);
        if (!IsPlausible(value))
        {
            return MappingOutcome.Suppressed;
        }

        if (!IsNews(measurement))
        {
            return MappingOutcome.Unchanged;
        }

        (_published, _publishedQuality, _publishedTime) = (value, quality, reading.Time);
        return MappingOutcome.Publish;
    }

    private bool IsPlausible(in PointValue value)
    {
        if (!value.TryGetNumber(out var number))
        {
            return true;
        }

        if (number < point.Minimum || number > point.Maximum || (point.Monotonic && number < _highest))
        {
            return false;
        }

        _highest = number;
        return true;
    }

    private bool IsNews(in Measurement measurement)
    {
        if (measurement.Quality != _publishedQuality)
        {
            return true;
        }

        // A failure is published once; that it still fails is no news.
        if (measurement.Quality == Quality.Bad)
        {
            return false;
        }

        // A clock that was set back must not silence the point for as long as it was set back by.
        var silence = (measurement.Time - _publishedTime).Duration();
        return point.Report == ReportMode.Always || silence >= point.Heartbeat || HasLeftDeadband(measurement.Value);
    }

    private bool HasLeftDeadband(in PointValue value) =>
        point.Deadband > 0 && value.TryGetNumber(out var now) && _published.TryGetNumber(out var before)
            ? Math.Abs(now - before) >= point.Deadband
            : value != _published;
}
