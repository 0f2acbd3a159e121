using System.Diagnostics.Metrics;
using Gateway.Hosting;
using Gateway.Web.Metrics;

namespace Gateway.Tests.Web;

public sealed class MetricsReaderTests : IDisposable
{
    private readonly GatewayMeters _meters = new();
    private readonly Meter _meter;
    private readonly MetricsReader _reader;

    public MetricsReaderTests()
    {
        _meter = _meters.Create(new MeterOptions("Gateway.Test"));
        _reader = new MetricsReader(_meters);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _meter.Dispose();
        _meters.Dispose();
    }

    // By OpenTelemetry's "Prometheus and OpenMetrics Compatibility".
    [Theory]
    [InlineData("gateway.queue.age", "s", "gauge", "gateway_queue_age_seconds")]
    [InlineData("gateway.broker.io", "By", "counter", "gateway_broker_io_bytes_total")]
    [InlineData("gateway.bus.utilisation", "1", "gauge", "gateway_bus_utilisation_ratio")]
    [InlineData("gateway.bus.reads", "{read}", "counter", "gateway_bus_reads_total")]
    [InlineData("gateway.device.online", null, "gauge", "gateway_device_online")]
    public void Names_are_those_of_the_specification(string name, string? unit, string kind, string expected) => Assert.Equal(expected, PrometheusText.NameOf(name, unit, kind));

    [Fact]
    public void The_page_has_every_kind_of_instrument()
    {
        _meter.CreateCounter<long>("c", "{x}", "Counted.").Add(3, new KeyValuePair<string, object?>("device", "a \"b\" \\ \n"));
        _meter.CreateObservableGauge("g", () => 0.25, "1", "Seen.");
        var histogram = _meter.CreateHistogram("h", "s", "Timed.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        histogram.Record(0.5);
        histogram.Record(0.7);
        histogram.Record(20);
        _meter.CreateUpDownCounter<long>("silent", null, "Not measured.");

        Assert.Equal(
            """
            # HELP c_total Counted.
            # TYPE c_total counter
            c_total{device="a \"b\" \\ \n"} 3
            # HELP g_ratio Seen.
            # TYPE g_ratio gauge
            g_ratio 0.25
            # HELP h_seconds Timed.
            # TYPE h_seconds histogram
            h_seconds_bucket{le="0.5"} 1
            h_seconds_bucket{le="1"} 2
            h_seconds_bucket{le="+Inf"} 3
            h_seconds_sum 21.2
            h_seconds_count 3

            """,
            _reader.Read());
    }

    [Fact]
    public void What_is_no_longer_there_is_no_longer_told()
    {
        var buses = new List<string> { "a", "b" };
        using (var meter = _meters.Create(new MeterOptions("Gateway.Other")))
        {
            meter.CreateObservableGauge("g", () => buses.Select(bus => new Measurement<long>(1, new KeyValuePair<string, object?>("bus", bus))));
            Assert.Contains("g{bus=\"a\"} 1\n", _reader.Read(), StringComparison.Ordinal);
            buses.Remove("a");
            Assert.DoesNotContain("bus=\"a\"", _reader.Read(), StringComparison.Ordinal);
        }

        Assert.Equal("", _reader.Read());
        Assert.Empty(_reader.Families);
    }

    [Fact]
    public void A_histogram_goes_with_its_bus_and_begins_anew_with_it()
    {
        var histogram = _meter.CreateHistogram<double>("h");
        histogram.Record(1, new KeyValuePair<string, object?>("bus", "a"));
        histogram.Record(1, new KeyValuePair<string, object?>("bus", "b"));
        histogram.Record(1);

        _reader.KeepOnly(new HashSet<string> { "b" });

        Assert.DoesNotContain("bus=\"a\"", _reader.Read(), StringComparison.Ordinal);
        Assert.Contains("h_count{bus=\"b\"} 1\n", _reader.Read(), StringComparison.Ordinal);
        Assert.Contains("h_count 1\n", _reader.Read(), StringComparison.Ordinal);
        histogram.Record(1, new KeyValuePair<string, object?>("bus", "a"));
        Assert.Contains("h_count{bus=\"a\"} 1\n", _reader.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Gateways_of_one_process_are_told_apart()
    {
        using var others = new GatewayMeters();
        using var meter = others.Create(new MeterOptions("Gateway.Test"));
        meter.CreateObservableGauge("g", () => 1L);

        Assert.Equal("", _reader.Read());
    }

    [Fact]
    public void Labels_that_never_end_do_not_fill_the_memory()
    {
        var counter = _meter.CreateCounter<long>("c");
        for (var i = 0; i < 10_100; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("i", i));
        }

        Assert.Equal(10_000, _reader.Families.Single().Values.Count);
        counter.Add(1, new KeyValuePair<string, object?>("i", 5));
        Assert.Contains("c_total{i=\"5\"} 2\n", _reader.Read(), StringComparison.Ordinal);
        Assert.Equal(100, _reader.LeftOut);
    }

    [Fact]
    public async Task It_may_be_read_while_it_is_fed()
    {
        var histogram = _meter.CreateHistogram<double>("h");
        using var stop = new CancellationTokenSource();
        var feeding = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                histogram.Record(i % 100, new KeyValuePair<string, object?>("bus", i % 50));
            }
        });
        var reading = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.NotNull(_reader.Read());
            }
        }));

        await Task.WhenAll(reading);
        await stop.CancelAsync();
        await feeding;
    }
}
