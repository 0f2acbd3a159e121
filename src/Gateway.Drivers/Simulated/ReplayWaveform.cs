using Gateway.Abstractions;

namespace Gateway.Drivers.Simulated;

/// <summary>Values that were recorded, each until the next one's time, from the beginning again after the last. Immutable.</summary>
/// <param name="times">When each value begins, from zero on, growing.</param>
/// <param name="values">The values, as many.</param>
/// <param name="length">When it begins again; behind the last time.</param>
internal sealed class ReplayWaveform(IReadOnlyList<TimeSpan> times, IReadOnlyList<PointValue> values, TimeSpan length) : Waveform
{
    public override PointValue At(TimeSpan elapsed)
    {
        var at = TimeSpan.FromTicks(elapsed.Ticks % length.Ticks);
        var (low, high) = (0, times.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = times[middle] <= at ? (middle, high) : (low, middle - 1);
        }

        return values[low];
    }
}
