using System.Diagnostics.Metrics;

namespace Gateway.Web.Metrics;

/// <summary>What one instrument has measured: its series by their labels, or of a histogram their buckets. Not thread-safe.</summary>
internal sealed class MetricFamily
{
    // A bus or device that comes and goes must not fill the memory.
    private const int MaximumSeries = 10_000;

    // What the OpenTelemetry specification has where an instrument advises nothing.
    private static readonly double[] StandardBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly Dictionary<string, double> _values = [];
    private readonly Dictionary<string, HistogramSeries> _histograms = [];
    private readonly HashSet<string> _leftOut = [];

    public MetricFamily(Instrument instrument)
    {
        Instrument = instrument;
        Kind = KindOf(instrument.GetType().GetGenericTypeDefinition());
        Name = PrometheusText.NameOf(instrument.Name, instrument.Unit, Kind);
        Bounds = (instrument as Instrument<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? StandardBounds;
    }

    /// <summary>Where the measurements come from.</summary>
    public Instrument Instrument { get; }

    /// <summary>counter, gauge or histogram.</summary>
    public string Kind { get; }

    /// <summary>The name by which it is fetched.</summary>
    public string Name { get; }

    /// <summary>The upper bounds of a histogram's buckets, the last but for infinity.</summary>
    public double[] Bounds { get; }

    /// <summary>The values by their labels, of which each text is as in the exposition format.</summary>
    public IReadOnlyDictionary<string, double> Values => _values;

    /// <summary>The histograms by their labels.</summary>
    public IReadOnlyDictionary<string, HistogramSeries> Histograms => _histograms;

    /// <summary>How many series found no room: of what is observed those of the last time, else those since the start; as many as have room at most.</summary>
    public int LeftOut => _leftOut.Count;

    /// <summary>Takes a measurement.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.LabelsOf(tags);
        if (Kind == "histogram")
        {
            if (_histograms.TryGetValue(labels, out var series) || TryAdd(_histograms, labels, series = new HistogramSeries(Bounds.Length + 1, BusOf(tags))))
            {
                series.Add(value, Bounds);
            }
            else
            {
                LeaveOut(labels);
            }
        }
        else if (Instrument.IsObservable)
        {
            TrySet(labels, value);
        }
        else
        {
            TrySet(labels, _values.GetValueOrDefault(labels) + value);
        }
    }

    /// <summary>Forgets what is about to be observed anew.</summary>
    public void BeginObservation()
    {
        if (Instrument.IsObservable)
        {
            _values.Clear();
            _leftOut.Clear();
        }
    }

    /// <summary>Forgets the histograms of buses that are not there any more.</summary>
    /// <param name="isThere">Whether a bus is, by its name.</param>
    public void Forget(Func<string, bool> isThere)
    {
        _leftOut.Clear(); // whoever still finds no room shows anew
        foreach (var (labels, series) in _histograms)
        {
            if (series.Bus is { } bus && !isThere(bus))
            {
                _histograms.Remove(labels);
            }
        }
    }

    private static string? BusOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name == "bus")
            {
                return value as string;
            }
        }

        return null;
    }

    private void TrySet(string labels, double value)
    {
        if (_values.Count < MaximumSeries || _values.ContainsKey(labels))
        {
            _values[labels] = value;
        }
        else
        {
            LeaveOut(labels);
        }
    }

    private void LeaveOut(string labels)
    {
        if (_leftOut.Count < MaximumSeries)
        {
            _leftOut.Add(labels);
        }
    }

    private static bool TryAdd(Dictionary<string, HistogramSeries> all, string labels, HistogramSeries series) => all.Count < MaximumSeries && all.TryAdd(labels, series);

    private static string KindOf(Type type) =>
        type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? "counter"
        : type == typeof(Histogram<>) ? "histogram"
        : "gauge";

    /// <summary>One histogram.</summary>
    internal sealed class HistogramSeries(int buckets, string? bus)
    {
        /// <summary>The bus that it is of; null: of none.</summary>
        public string? Bus { get; } = bus;

        /// <summary>How many measurements each bucket has, those of the smaller ones not included.</summary>
        public long[] Counts { get; } = new long[buckets];

        /// <summary>The sum of all measurements.</summary>
        public double Sum { get; private set; }

        public void Add(double value, double[] bounds)
        {
            var index = Array.BinarySearch(bounds, value);
            Counts[index < 0 ? ~index : index]++;
            Sum += value;
        }
    }
}
