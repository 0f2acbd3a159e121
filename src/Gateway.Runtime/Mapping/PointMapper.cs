using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Mapping;

/// <summary>What became of a reading.</summary>
/// <param name="Measurement">What it means, also where it is not to be published.</param>
/// <param name="IsNews">Whether it is to be published.</param>
/// <param name="IsSuppressed">
/// Whether the value read was implausible. The measurement is then the last plausible one with the time of its own read, which is stale by now;
/// it is published once.
/// </param>
/// <param name="IsReset">Whether the value was taken as a new beginning after so many that suit it and not those before: the meter was replaced or reset.</param>
public readonly record struct MappedReading(Measurement Measurement, bool IsNews, bool IsSuppressed, bool IsReset = false);

/// <summary>
/// Turns the readings of one point into measurements and decides which are published. Pure but for the last values it keeps;
/// not thread-safe.
/// </summary>
public sealed class PointMapper(PointDefinition point)
{
    private const string Implausible = "implausible";

    private readonly PlausibilityFilter _filter = new(point);
    private Quality? _publishedQuality;
    private PointValue _published;
    private DateTimeOffset _publishedTime;
    private Measurement? _plausible;
    private decimal _lastCount;
    private decimal _rolledOver;

    /// <summary>Maps one reading of this mapper's point.</summary>
    public MappedReading Map(in Reading reading)
    {
        var (value, quality, reason) = reading.Quality == Quality.Bad
            ? (PointValue.None, reading.Quality, reading.Reason)
            : Scaling.Apply(point, Continue(reading.Value));
        if (quality == Quality.Good && reading.Quality != Quality.Good)
        {
            (quality, reason) = (reading.Quality, reading.Reason);
        }

        var measurement = new Measurement(point.DeviceName, point.Name, value, reading.Time, quality, reason, point.Unit);
        var plausibility = value.TryGetNumber(out var number) ? _filter.Judge(number, reading.Time) : Plausibility.Plausible;
        var isSuppressed = plausibility == Plausibility.Implausible;
        if (isSuppressed)
        {
            measurement = _plausible is { } last
                ? last with { Quality = Quality.Stale, Reason = Implausible }
                : measurement with { Value = PointValue.None, Quality = Quality.Bad, Reason = Implausible };
        }
        else if (quality != Quality.Bad)
        {
            _plausible = measurement;
        }

        var isNews = IsNews(measurement);
        if (isNews)
        {
            (_published, _publishedQuality, _publishedTime) = (measurement.Value, measurement.Quality, reading.Time);
        }

        return new MappedReading(measurement, isNews, isSuppressed, plausibility == Plausibility.NewBeginning);
    }

    // A counter that fell by more than half its range has begun at 0 again; one that fell by less was reset, which is not for us to hide.
    private PointValue Continue(in PointValue raw)
    {
        if (point.RollOver is not { } range || !raw.TryGetNumber(out var count))
        {
            return raw;
        }

        if (_lastCount - count > range / 2)
        {
            _rolledOver += range;
        }

        _lastCount = count;
        return _rolledOver == 0 ? raw : PointValue.From(count + _rolledOver);
    }

    private bool IsNews(in Measurement measurement)
    {
        if (measurement.Quality != _publishedQuality)
        {
            return true;
        }

        // A failure is published once; that it still fails is no news.
        if (measurement.Quality is Quality.Bad or Quality.Stale)
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
