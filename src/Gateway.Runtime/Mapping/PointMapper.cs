using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

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
public sealed class PointMapper
{
    private const string TotalKey = "total";
    private const string LargestKey = "largest";

    private const string Implausible = "implausible";

    // What was counted round is not to be counted again; how far a counter had come by then only serves to compare with.
    private static readonly TimeSpan SaveRollOverWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SaveProgressWithin = TimeSpan.FromHours(1);

    private readonly PointDefinition _point;
    private readonly IPointMemory? _memory;
    private readonly PlausibilityFilter _filter;
    private readonly CounterTurns? _turns;
    private Quality? _publishedQuality;
    private PointValue _published;
    private TimeSpan _publishedAt;
    private Measurement? _plausible;

    /// <param name="point">The point.</param>
    /// <param name="memory">What it keeps over restarts; null: nothing.</param>
    public PointMapper(PointDefinition point, IPointMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        _point = point;
        _memory = memory;
        _filter = new PlausibilityFilter(point, point.Monotonic ? memory?.Load(point, LargestKey) : null);
        if (point.RollOver is { } range)
        {
            _turns = new CounterTurns(range, point.AcceptAfter, memory?.Load(point, TotalKey));
        }
    }

    /// <summary>Maps one reading of this mapper's point.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="uptime">When it was acquired, since the machine's start, so that a clock that is set does not count; null: by its time.</param>
    public MappedReading Map(in Reading reading, TimeSpan? uptime = null)
    {
        var at = uptime ?? reading.Time - DateTimeOffset.UnixEpoch;
        var (value, quality, reason) = reading.Quality == Quality.Bad
            ? (PointValue.None, reading.Quality, reading.Reason)
            : Scaling.Apply(_point, CountOn(reading.Value));
        if (quality == Quality.Good && reading.Quality != Quality.Good)
        {
            (quality, reason) = (reading.Quality, reading.Reason);
        }

        var measurement = new Measurement(_point.DeviceName, _point.Name, value, reading.Time, quality, reason, _point.Unit);
        var plausibility = value.TryGetNumber(out var number) ? _filter.Judge(number, at) : Plausibility.Plausible;
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
            if (_point.Monotonic && value.IsNumber)
            {
                _memory?.Save(_point, LargestKey, number, SaveProgressWithin);
            }

            if (_turns is not null && reading.Value.TryGetNumber(out var count))
            {
                var isOtherTurn = _turns.Keep(count);
                _memory?.Save(_point, TotalKey, _turns.Total, isOtherTurn ? SaveRollOverWithin : SaveProgressWithin);
            }
        }

        var isNews = IsNews(measurement, at);
        if (isNews)
        {
            (_published, _publishedQuality, _publishedAt) = (measurement.Value, measurement.Quality, at);
        }

        return new MappedReading(measurement, isNews, isSuppressed, plausibility == Plausibility.NewBeginning);
    }

    /// <summary>The next reading is published, whether it is news or not.</summary>
    public void PublishNext() => _publishedQuality = null;

    // A count stays what it is until the counter turns: what kind of number it is, too.
    private PointValue CountOn(in PointValue raw) =>
        _turns is not null && raw.TryGetNumber(out var count) && _turns.Count(count) is var total && total != count ? PointValue.From(total) : raw;

    private bool IsNews(in Measurement measurement, TimeSpan at)
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

        // Times that go back must not silence the point for as long as they went back by.
        var silence = (at - _publishedAt).Duration();
        return _point.Report == ReportMode.Always || silence >= _point.Heartbeat || HasLeftDeadband(measurement.Value);
    }

    private bool HasLeftDeadband(in PointValue value) =>
        _point.Deadband > 0 && value.TryGetNumber(out var now) && _published.TryGetNumber(out var before)
            ? Math.Abs(now - before) >= _point.Deadband
            : value != _published;
}
