using System.Text.Json.Serialization;
using Gateway.Storage.History;

namespace Gateway.Web.History;

/// <summary>What values were, as a chart draws it: a line through neighbours, broken where there is null.</summary>
/// <param name="Name">The point, <c>DEVICE.POINT</c>.</param>
/// <param name="Unit">Its unit of measurement; null: none.</param>
/// <param name="Times">Milliseconds since 1970, UTC, in order and not at equal distances: where there were values.</param>
/// <param name="Min">The least value of each stretch; null: a gap.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Mean">Their mean.</param>
internal sealed record TrendSeries(
    string Name, string? Unit, IReadOnlyList<long> Times, IReadOnlyList<double?> Min, IReadOnlyList<double?> Max, IReadOnlyList<double?> Mean)
{
    /// <summary>Why there is nothing of the point; null: nothing hinders.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    /// <summary>A series of at most so many stretches, and the gaps between them.</summary>
    /// <param name="name">The point.</param>
    /// <param name="unit">Its unit of measurement.</param>
    /// <param name="entries">What there is, in order of time.</param>
    /// <param name="brokenSince">When the values ended; null: they did not.</param>
    /// <param name="step">How long a stretch is, milliseconds.</param>
    public static TrendSeries Create(string name, string? unit, IEnumerable<HistoryEntry> entries, long? brokenSince, long step)
    {
        var (times, min, max, mean) = (new List<long>(), new List<double?>(), new List<double?>(), new List<double?>());
        var (until, count) = (long.MinValue, 0);
        foreach (var entry in entries)
        {
            if (entry.Time < until)
            {
                count++;
                min[^1] = Math.Min(min[^1]!.Value, entry.Min);
                max[^1] = Math.Max(max[^1]!.Value, entry.Max);
                mean[^1] += (entry.Mean - mean[^1]) / count;
                continue;
            }

            if (entry.IsAfterGap && times.Count > 0)
            {
                Add(entry.Time - 1, null, null, null);
            }

            (until, count) = (entry.Time - (entry.Time % step) + step, 1);
            Add(entry.Time, entry.Min, entry.Max, entry.Mean);
        }

        if (brokenSince is { } end && times.Count > 0)
        {
            Add(Math.Max(end, times[^1] + 1), null, null, null);
        }

        return new TrendSeries(name, unit, times, min, max, mean);

        void Add(long time, double? least, double? most, double? middle)
        {
            times.Add(time);
            min.Add(least);
            max.Add(most);
            mean.Add(middle);
        }
    }
}
