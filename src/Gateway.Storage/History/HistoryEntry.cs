namespace Gateway.Storage.History;

/// <summary>What a point's values were over a stretch of time.</summary>
/// <param name="Time">When the stretch began, milliseconds since 1970, UTC.</param>
/// <param name="Min">The least value.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="IsAfterGap">Whether there was a time without good values before it.</param>
public readonly record struct HistoryEntry(long Time, double Min, double Max, double Mean, bool IsAfterGap)
{
    /// <summary>One entry for each longer stretch.</summary>
    /// <param name="entries">Shorter ones, in their order.</param>
    /// <param name="step">How long the longer stretches are, milliseconds.</param>
    public static IReadOnlyList<HistoryEntry> Combine(IEnumerable<HistoryEntry> entries, long step)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var combined = new List<HistoryEntry>();
        var count = 0;
        foreach (var entry in entries)
        {
            var time = entry.Time - (entry.Time % step);
            if (combined is [.., var last] && last.Time == time)
            {
                count++;
                combined[^1] = last with { Min = Math.Min(last.Min, entry.Min), Max = Math.Max(last.Max, entry.Max), Mean = last.Mean + ((entry.Mean - last.Mean) / count) };
            }
            else
            {
                count = 1;
                combined.Add(entry with { Time = time });
            }
        }

        return combined;
    }
}
