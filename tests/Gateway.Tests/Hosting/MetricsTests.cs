using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Hosting;
using Gateway.TestSupport;
using Gateway.Web;
using Gateway.Web.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

/// <summary>What a gateway measures of itself, with a device that answers, one that does not, an uplink that is away and a bridge.</summary>
public sealed partial class MetricsTests : IAsyncLifetime
{
    private readonly GatewayFolder _folder = new();
    private readonly CancellationTokenSource _stopping = new();
    private IHost _host = null!;
    private Task _running = Task.CompletedTask;

    private MetricsReader Metrics => ((IStatusSource)_host.Services.GetRequiredService<GatewayService>()).Metrics!;

    public async Task InitializeAsync()
    {
        var nobody = LoopbackPort.Free();
        _folder.Configure($$"""
            uplink: { url: "mqtt://127.0.0.1:{{nobody}}" }
            bridge: { topics: [{ pattern: "a/#" }] }
            """);
        _folder.WriteMap("plant.yaml", $$"""
            bus: { simulated: true }
            devices:
              - name: weather
                every: 100 ms
                points: { temperature: { unit: °C, simulate: "sine(5, 25, 10 min)" } }
            ---
            bus: { modbus: tcp, host: 127.0.0.1, port: {{nobody}} }
            devices: [{ name: silent, every: 100 ms, points: { x: { holding: 0 } } }]
            """);
        _host = GatewayHost.Create(new GatewayServiceOptions { ConfigurationPath = _folder.ConfigurationPath, Drivers = InstalledPlugins.CreateDrivers(), ReloadsOnHangUp = false }, LogLevel.None);
        _running = GatewayHost.RunAsync(_host, _stopping.Token);
        await _host.Services.GetRequiredService<GatewayService>().Readied;
    }

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _host.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_happens_is_measured()
    {
        await ContainsAsync("gateway_bus_reads_total{bus=\"[^\"]*simulated[^\"]*\",outcome=\"answered\"} [1-9]");
        await ContainsAsync("gateway_device_online{bus=\"[^\"]*simulated[^\"]*\",device=\"weather\"} 1\n");
        await ContainsAsync("gateway_device_online{bus=\"[^\"]*modbus[^\"]*\",device=\"silent\"} 0\n");
        await ContainsAsync("gateway_device_errors_total{bus=\"[^\"]*modbus[^\"]*\",device=\"silent\",reason=\"[a-z-]+\"} [1-9]");
        await ContainsAsync("gateway_bus_lateness_seconds_count{bus=\"[^\"]*simulated[^\"]*\"} [1-9]");
        await ContainsAsync("gateway_bus_read_duration_seconds_bucket{bus=\"[^\"]*simulated[^\"]*\",le=\"[+]Inf\"} [1-9]");
        await ContainsAsync("gateway_queue_readings [1-9]");
        await ContainsAsync("gateway_queue_age_seconds [0-9.]+\n");
        await ContainsAsync("gateway_uplink_connected{uplink=\"[^\"]+\"} 0\n");
        await ContainsAsync("gateway_bridge_connected 0\n");
        await ContainsAsync("gateway_broker_messages_total{direction=\"received\"} [1-9]");
        await ContainsAsync("gateway_commands_total{outcome=\"done\"} 0\n");
        await ContainsAsync("process_memory_usage_bytes [1-9]");
    }

    [Fact]
    public async Task The_page_serves_them_beside_health_and_readiness()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_folder.WebPort}") };
        await Eventually.TrueAsync(() => _host.Services.GetRequiredService<GatewayService>().PageAddresses.Count > 0);
        using var metrics = await http.GetAsync(new Uri("/metrics", UriKind.Relative));

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", metrics.Content.Headers.ContentType!.ToString());
        Assert.Contains("gateway_info{version=", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri("/readyz", UriKind.Relative)));
    }

    [PeerFact(Peer.Promtool)]
    public async Task Prometheus_finds_nothing_to_complain_about()
    {
        await ContainsAsync("gateway_bus_lateness_seconds_count");
        await ContainsAsync("gateway_device_errors_total");
        var page = Path.Combine(_folder.Path, "metrics");
        await File.WriteAllTextAsync(page, Metrics.Read());

        await using var promtool = PeerProcess.Start("sh", ["-c", $"promtool check metrics < '{page}'"]);

        Assert.True(await promtool.WaitForExitAsync(TimeSpan.FromMinutes(1)) == 0, promtool.Output);
        Assert.Equal("", promtool.Output);
    }

    /// <summary>With <c>GATEWAY_WRITE_REFERENCE=1</c> the test writes the table.</summary>
    [Fact]
    public void The_reference_has_every_metric()
    {
        var path = Path.Combine(Repository.Root, "deploy", "README.md");
        var reference = File.ReadAllText(path);
        var table = new StringBuilder("| Metric | Kind | What |\n|---|---|---|\n");
        foreach (var family in Metrics.Families)
        {
            table.Append($"| `{family.Name}` | {family.Kind} | {family.Instrument.Description!.TrimEnd('.')} |\n");
        }

        var expected = Marker().Replace(reference, $"<!-- metrics -->\n{table}<!-- end of metrics -->");
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_REFERENCE") == "1")
        {
            File.WriteAllText(path, expected);
            return;
        }

        Assert.Matches(Marker(), reference);
        Assert.Equal(expected, reference);
    }

    [Fact]
    public void Every_query_of_the_dashboard_names_metrics_that_there_are()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana-dashboard.json")));
        var queries = Expressions(dashboard.RootElement).ToArray();
        var known = Metrics.Families.SelectMany(family => family.Kind == "histogram" ? new[] { $"{family.Name}_bucket", $"{family.Name}_sum", $"{family.Name}_count" } : [family.Name]).ToHashSet();

        Assert.True(queries.Length > 10);
        Assert.All(queries, query =>
        {
            var names = MetricName().Matches(query).Select(match => match.Value).ToArray();
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.Contains(name, known));
        });
    }

    [Fact]
    public async Task Every_label_of_the_dashboard_is_one_of_its_metrics()
    {
        await ContainsAsync("gateway_bus_lateness_seconds_count");
        await ContainsAsync("gateway_device_errors_total{");
        var page = Metrics.Read();
        foreach (var (query, legend) in Queries())
        {
            var lines = MetricName().Matches(query).SelectMany(name => Regex.Matches(page, $@"^{name.Value}(\{{.*\}})? ", RegexOptions.Multiline)).Select(line => line.Value).ToArray();
            string[] known = [.. lines.SelectMany(line => LabelName().Matches(line).Select(label => label.Groups[1].Value)), "instance"]; // which Prometheus adds
            var used = LabelName().Matches(query).Concat(LegendLabel().Matches(legend)).Select(label => label.Groups[1].Value)
                .Concat(Grouping().Matches(query).SelectMany(by => by.Groups[1].Value.Split(", ")));
            if (lines.Length > 0)
            {
                Assert.All(used, label => Assert.True(known.Contains(label), $"'{label}' of {query} is none of {string.Join(", ", known.Distinct())}"));
            }
        }
    }

    [PeerFact(Peer.Promtool)]
    public async Task Prometheus_understands_every_query_of_the_dashboard()
    {
        var rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        var queries = Queries().ToArray();
        foreach (var (i, (query, _)) in queries.Index())
        {
            rules.Append($"  - record: dashboard:{i}\n    expr: {JsonSerializer.Serialize(query.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal))}\n");
        }

        var file = Path.Combine(_folder.Path, "rules.yml");
        await File.WriteAllTextAsync(file, rules.ToString());
        await using var promtool = PeerProcess.Start("promtool", ["check", "rules", file]);

        Assert.True(await promtool.WaitForExitAsync(TimeSpan.FromMinutes(1)) == 0, promtool.Output);
        Assert.Contains($"{queries.Length} rules found", promtool.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Query, string Legend)> Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana-dashboard.json")));
        return [.. Targets(dashboard.RootElement)];
    }

    private static IEnumerable<(string Query, string Legend)> Targets(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object when element.TryGetProperty("expr", out var query) => [(query.GetString()!, element.TryGetProperty("legendFormat", out var legend) ? legend.GetString()! : "")],
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Targets(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Targets),
        _ => [],
    };

    private static IEnumerable<string> Expressions(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property.Value.ValueKind == JsonValueKind.String && property.Name is "expr" or "query" && MetricName().IsMatch(property.Value.GetString()!) ? [property.Value.GetString()!] : Expressions(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Expressions),
        _ => [],
    };

    private Task ContainsAsync(string pattern)
    {
        var page = "";
        return Eventually.TrueAsync(() => Regex.IsMatch(page = Metrics.Read(), pattern), () => $"{pattern} is not in:\n{page}");
    }

    [GeneratedRegex("<!-- metrics -->.*?<!-- end of metrics -->", RegexOptions.Singleline)]
    private static partial Regex Marker();

    [GeneratedRegex("([a-z_]+)=~?\"")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"\{\{([a-z_]+)\}\}")]
    private static partial Regex LegendLabel();

    [GeneratedRegex(@"\bby \(([a-z_, ]+)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\b(?:gateway|process)_[a-z_]+")]
    private static partial Regex MetricName();
}
