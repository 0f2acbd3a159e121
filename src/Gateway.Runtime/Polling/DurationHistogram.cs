using System.Numerics;

namespace Gateway.Runtime.Polling;

/// <summary>
/// Durations counted in classes that grow with them: eight per doubling, from 1 µs up to 12 days, so that a percentile
/// is at most an eighth too long. Not thread-safe.
/// </summary>
internal sealed class DurationHistogram
{
    private const int ClassesPerDoubling = 8;
    private const int BitsOfClass = 3;
    private const int Doublings = 40;

    private readonly int[] _counts = new int[ClassesPerDoubling * (Doublings - BitsOfClass + 1)];
    private long _total;

    /// <summary>The longest, exact; zero if there is none.</summary>
    public TimeSpan Maximum { get; private set; }

    public void Add(TimeSpan duration)
    {
        _counts[ClassOf(duration)]++;
        _total++;
        Maximum = duration > Maximum ? duration : Maximum;
    }

    public void Add(DurationHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        _total += other._total;
        Maximum = other.Maximum > Maximum ? other.Maximum : Maximum;
    }

    /// <summary>The duration that this share (0 to 1) of all do not exceed, at most an eighth too long; zero if there is none.</summary>
    public TimeSpan Percentile(double share)
    {
        var left = (long)Math.Ceiling(_total * share);
        for (var i = 0; i < _counts.Length && left > 0; i++)
        {
            left -= _counts[i];
            if (left <= 0)
            {
                var end = EndOf(i);
                return end < Maximum ? end : Maximum;
            }
        }

        return TimeSpan.Zero;
    }

    public Lateness ToLateness() => new(Percentile(0.5), Percentile(0.99), Maximum);

    public void Clear()
    {
        if (_total > 0)
        {
            Array.Clear(_counts);
            _total = 0;
            Maximum = TimeSpan.Zero;
        }
    }

    // The first eight classes are one microsecond each; from there on the three bits behind the leading one tell the class.
    private static int ClassOf(TimeSpan duration)
    {
        var microseconds = (ulong)Math.Clamp(duration.Ticks / TimeSpan.TicksPerMicrosecond, 0, (1L << Doublings) - 1);
        var doubling = microseconds < ClassesPerDoubling ? 0 : BitOperations.Log2(microseconds) - BitsOfClass;
        return (int)((microseconds >> doubling) + (ulong)(doubling * ClassesPerDoubling));
    }

    private static TimeSpan EndOf(int index)
    {
        var doubling = Math.Max(0, (index / ClassesPerDoubling) - 1);
        var position = index - (doubling * ClassesPerDoubling);
        return TimeSpan.FromMicroseconds((position + 1L) << doubling);
    }
}
