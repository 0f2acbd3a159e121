using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Hosting;
using Gateway.TestSupport;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

public sealed class MetricsExporterTests
{
    [Fact]
    public async Task A_collector_gets_the_metrics_by_OTLP()
    {
        await using var collector = await Collector.StartAsync(LoopbackPort.Free());
        using var meters = new GatewayMeters();
        using var meter = meters.Create(new MeterOptions("Gateway.ExporterTest"));
        meter.CreateObservableCounter("gateway.exporter_test", () => new Measurement<long>(7, new KeyValuePair<string, object?>("bus", "modbus tcp 10.0.0.7")), "{read}", "Reads.");

        using (new MetricsExporter(collector.Address, TimeSpan.FromSeconds(1), "plant7", LoggerFactory.Create(_ => { }).CreateLogger("x")))
        {
            await Eventually.TrueAsync(() => collector.Received.Any(request => request.Contains("gateway.exporter_test")));
        }

        var texts = collector.Received.First(request => request.Contains("gateway.exporter_test"));
        Assert.Superset(new HashSet<string> { "service.name", "gateway", "service.instance.id", "plant7", "Gateway.ExporterTest", "{read}", "Reads.", "bus", "modbus tcp 10.0.0.7" }, texts);
        Assert.Equal("application/x-protobuf", collector.ContentType);
    }

    [Fact]
    public async Task A_collector_that_is_away_is_told_of_once_and_so_is_its_return()
    {
        var port = LoopbackPort.Free();
        var log = new RecordingLogger();
        using var exporter = new MetricsExporter(new Uri($"http://127.0.0.1:{port}/v1/metrics"), TimeSpan.FromSeconds(1), "plant7", log);
        using var meters = new GatewayMeters();
        using var meter = meters.Create(new MeterOptions("Gateway.ExporterTest2"));
        meter.CreateObservableGauge("gateway.exporter_test2", () => 1L);

        await Eventually.TrueAsync(() => log.Lines.Count == 1);
        await using var collector = await Collector.StartAsync(port);
        await Eventually.TrueAsync(() => log.Lines.Count == 2);

        Assert.Matches($"^Metrics do not arrive at http://127.0.0.1:{port}/v1/metrics \\(.+\\); the gateway goes on, and tries again$", log.Lines[0]);
        Assert.Equal($"Metrics arrive at http://127.0.0.1:{port}/v1/metrics", log.Lines[1]);
    }

    /// <summary>Takes requests as a collector does, and gives the texts in them.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly WebApplication _application;
        private readonly List<HashSet<string>> _received = [];

        private Collector(WebApplication application, int port)
        {
            _application = application;
            Address = new Uri($"http://127.0.0.1:{port}/v1/metrics");
        }

        public Uri Address { get; }

        public string? ContentType { get; private set; }

        public IReadOnlyList<HashSet<string>> Received
        {
            get
            {
                lock (_received)
                    return [.. _received];
            }
        }

        public static async Task<Collector> StartAsync(int port)
        {
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
            var collector = new Collector(builder.Build(), port);
            collector._application.Run(collector.TakeAsync);
            await collector._application.StartAsync();
            return collector;
        }

        public ValueTask DisposeAsync() => _application.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var texts = new HashSet<string>();
            Read(ByteString.CopyFrom(body.ToArray()), texts);
            lock (_received)
                _received.Add(texts);
            ContentType = context.Request.ContentType;
        }

        // ExportMetricsServiceRequest and all within: whatever is length-delimited is a message if it parses as one, and may be a text as well.
        private static void Read(ByteString bytes, HashSet<string> texts)
        {
            var input = bytes.CreateCodedInput();
            var found = new HashSet<string>();
            try
            {
                for (uint tag; (tag = input.ReadTag()) != 0;)
                {
                    if (WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
                    {
                        input.SkipLastField();
                        continue;
                    }

                    var field = input.ReadBytes();
                    found.Add(field.ToStringUtf8());
                    Read(field, found);
                }
            }
            catch (InvalidProtocolBufferException)
            {
                return;
            }

            texts.UnionWith(found);
        }
    }

    private sealed class RecordingLogger : ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add(formatter(state, exception));
        }
    }
}
