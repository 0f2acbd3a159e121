using System.Diagnostics.Metrics;
using System.Text;

namespace Gateway.Web.Metrics;

/// <summary>
/// Listens to the meters of one scope, and gives what they have measured as Prometheus reads it. An instrument whose meter is disposed is forgotten.
/// Thread-safe.
/// </summary>
internal sealed class MetricsReader : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _reading = new();
    private readonly Dictionary<Instrument, MetricFamily> _families = [];
    private readonly MeterListener _listener = new();
    private volatile int _leftOut;

    /// <param name="scope">The scope of the meters.</param>
    public MetricsReader(object scope)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, scope))
            {
                var family = new MetricFamily(instrument);
                lock (_gate)
                {
                    _families[instrument] = family;
                }

                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) =>
        {
            lock (_gate)
            {
                _families.Remove(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Record(value, tags, family));
        _listener.Start();
    }

    /// <summary>What instruments there are, by name.</summary>
    public IReadOnlyList<MetricFamily> Families
    {
        get
        {
            lock (_gate)
            {
                return [.. _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>How many series had no room when the page was read last.</summary>
    public int LeftOut => _leftOut;

    /// <summary>Asks all instruments, and gives the page.</summary>
    public string Read()
    {
        // One at a time: two at once would observe into each other's.
        lock (_reading)
        {
            foreach (var family in Families)
            {
                lock (_gate)
                {
                    family.BeginObservation();
                }
            }

            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            lock (_gate)
            {
                // Of an instrument that is just being replaced by that of its successor, the newer one.
                foreach (var family in _families.Values.GroupBy(family => family.Name).OrderBy(same => same.Key, StringComparer.Ordinal))
                {
                    PrometheusText.Write(text, family.Last());
                }

                _leftOut = _families.Values.Sum(family => family.LeftOut);
            }

            return text.ToString();
        }
    }

    /// <summary>Forgets what was measured of buses that are polled no more: nobody asks anew for what was told once, as for all else.</summary>
    /// <param name="buses">The names of those that are.</param>
    public void KeepOnly(IReadOnlySet<string> buses)
    {
        lock (_gate)
        {
            foreach (var family in _families.Values)
            {
                family.Forget(buses.Contains);
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family)
    {
        lock (_gate)
        {
            ((MetricFamily)family!).Record(value, tags);
        }
    }
}
