namespace Gateway.Commands;

/// <summary>The last values of a number as one line of bars, the lowest and the highest of them being its ends.</summary>
internal sealed class Sparkline
{
    /// <summary>The most bars.</summary>
    public const int Width = 16;

    private const string Bars = "▁▂▃▄▅▆▇█";

    private readonly Queue<double> _values = new(Width);
    private DateTimeOffset? _newest;

    /// <summary>Takes a reading, unless it has that one already.</summary>
    /// <param name="time">When it was acquired.</param>
    /// <param name="value">What it was; not finite: nothing was read, and nothing is shown.</param>
    public void Add(DateTimeOffset time, double value)
    {
        if (time <= _newest || !double.IsFinite(value))
        {
            return;
        }

        _newest = time;
        if (_values.Count == Width)
        {
            _values.Dequeue();
        }

        _values.Enqueue(value);
    }

    /// <summary>The bars, the oldest first; values that are all the same are in the middle.</summary>
    public override string ToString()
    {
        if (_values.Count == 0)
        {
            return "";
        }

        var (low, high) = (_values.Min(), _values.Max());
        return string.Concat(_values.Select(value => Bars[high > low ? (int)Math.Round((value - low) / (high - low) * (Bars.Length - 1)) : Bars.Length / 2]));
    }
}
