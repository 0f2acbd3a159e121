using Gateway.Abstractions.Definitions;

namespace Gateway.Abstractions.Drivers;

/// <summary>
/// What points keep over restarts: counts, the last state of an output. Both calls are cheap and neither block nor throw; values are
/// written to the disk in groups, and at the stop. Thread-safe.
/// </summary>
public interface IPointMemory
{
    /// <summary>What was saved last, in this run or an earlier one; null: nothing.</summary>
    /// <param name="point">Whose; found again by the names of device and point.</param>
    /// <param name="key">Which of the point's values: a short lower-case term such as <c>count</c>.</param>
    decimal? Load(PointDefinition point, string key);

    /// <summary>Keeps a value.</summary>
    /// <param name="point">Whose.</param>
    /// <param name="key">Which of the point's values.</param>
    /// <param name="value">The value.</param>
    /// <param name="within">How much a power cut may cost: the value is on the disk by then, if the disk works.</param>
    void Save(PointDefinition point, string key, decimal value, TimeSpan within);
}
