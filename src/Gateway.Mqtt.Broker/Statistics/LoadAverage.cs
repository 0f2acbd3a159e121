namespace Gateway.Mqtt.Broker.Statistics;

/// <summary>
/// How often something happens in a minute, as the load averages of Unix weigh it: over about 1, 5 and 15 minutes, what
/// is long ago counting less and less.
/// </summary>
internal sealed class LoadAverage
{
    private static readonly double[] Minutes = [1, 5, 15];

    private readonly double[] _values = new double[Minutes.Length];
    private long _lastTotal;

    /// <summary>The averages over <see cref="Spans"/>, per minute.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>What the averages are called.</summary>
    public static IReadOnlyList<string> Spans { get; } = ["1min", "5min", "15min"];

    /// <summary>Takes in what has happened since the last call.</summary>
    /// <param name="total">How often it has happened since the start.</param>
    /// <param name="elapsed">Since the last call; more than zero.</param>
    public void Add(long total, TimeSpan elapsed)
    {
        var perMinute = (total - _lastTotal) / elapsed.TotalMinutes;
        _lastTotal = total;
        for (var i = 0; i < _values.Length; i++)
        {
            _values[i] = perMinute + (Math.Exp(-elapsed.TotalMinutes / Minutes[i]) * (_values[i] - perMinute));
        }
    }
}
