using Gateway.Runtime.Configuration;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Gateway.Hosting;

/// <summary>Sends the metrics to an OpenTelemetry collector, by OTLP over HTTP. Logs when it begins to fail and when it works again, not each attempt.</summary>
internal sealed class MetricsExporter : IDisposable
{
    // A collector that is away must not hold up the end of the service.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly MeterProvider _provider;

    /// <param name="collector">Where to, with its path.</param>
    /// <param name="every">How often.</param>
    /// <param name="site">Tells this gateway from others.</param>
    /// <param name="logger">The log.</param>
    public MetricsExporter(Uri collector, TimeSpan every, string site, ILogger logger)
    {
        _provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.Clear().AddService("gateway", serviceVersion: ProgramVersion.Text, serviceInstanceId: site))
            .AddMeter("Gateway.*")
            .AddView(instrument => new MetricStreamConfiguration { CardinalityLimit = instrument.Name.StartsWith("gateway.device.", StringComparison.Ordinal) ? 4000 : 500 })
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Endpoint = collector;
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.TimeoutMilliseconds = (int)Patience.TotalMilliseconds;
                exporter.HttpClientFactory = () => new HttpClient(new Watch(collector, logger)) { Timeout = Patience };
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)every.TotalMilliseconds;
            })
            .Build();
    }

    /// <summary>The exporter that a configuration asks for; null: none.</summary>
    public static MetricsExporter? Create(GatewayOptions options, ILogger logger) =>
        options.Metrics.Otlp is { } collector ? new MetricsExporter(collector, options.Metrics.Every, options.Site, logger) : null;

    /// <summary>Sends what there is, for 5 s at most, and ends.</summary>
    public void Dispose()
    {
        _provider.Shutdown((int)Patience.TotalMilliseconds);
        _provider.Dispose();
    }

    /// <summary>Notes what becomes of the requests.</summary>
    private sealed class Watch(Uri collector, ILogger logger) : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly Lock _gate = new();
        private bool? _arrives;

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Note(base.Send(request, cancellationToken));
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                Note(arrives: false, exception is OperationCanceledException ? "it does not answer" : exception.Message.TrimEnd('.'));
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Note(await base.SendAsync(request, cancellationToken));
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                Note(arrives: false, exception is OperationCanceledException ? "it does not answer" : exception.Message.TrimEnd('.'));
                throw;
            }
        }

        private HttpResponseMessage Note(HttpResponseMessage response)
        {
            Note(response.IsSuccessStatusCode, $"it answers {(int)response.StatusCode}");
            return response;
        }

        private void Note(bool arrives, string reason)
        {
            lock (_gate)
            {
                if (_arrives == arrives)
                {
                    return;
                }

                _arrives = arrives;
            }

            if (arrives)
            {
                Log.MetricsArrive(logger, collector);
            }
            else
            {
                Log.MetricsDoNotArrive(logger, collector, reason);
            }
        }
    }
}
