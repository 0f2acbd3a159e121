using System.Diagnostics.Metrics;
using System.Globalization;

namespace Gateway.Hosting;

/// <summary>What the service and its process tell by System.Diagnostics.Metrics, under the meter <c>Gateway.Service</c>, read when somebody collects.</summary>
internal sealed class ServiceInstruments : IDisposable
{
    private const string Process = "/proc/self";

    private readonly Meter _meter;

    /// <param name="meterFactory">Makes the meter.</param>
    /// <param name="problems">How much is wrong with the configuration.</param>
    /// <param name="logins">How many log-ins at the page came to each outcome.</param>
    /// <param name="chartless">How many points have no room for what they were.</param>
    /// <param name="unseen">How many series the metrics had no room for.</param>
    /// <param name="timeProvider">The clock of the process' age.</param>
    public ServiceInstruments(IMeterFactory meterFactory, Func<int> problems, Func<IEnumerable<(string Outcome, long Count)>> logins, Func<int> chartless, Func<int> unseen, TimeProvider timeProvider)
    {
        _meter = meterFactory.Create(new MeterOptions("Gateway.Service"));
        var started = timeProvider.GetTimestamp();
        KeyValuePair<string, object?>[] version = [new("version", ProgramVersion.Text)];
        _meter.CreateObservableGauge("gateway.info", () => new Measurement<long>(1, version), null, "1, by version.");
        _meter.CreateObservableUpDownCounter("gateway.problems", () => (long)problems(), "{problem}", "Errors in configuration and maps, because of which the last good one runs.");
        _meter.CreateObservableCounter(
            "gateway.page.logins",
            () => logins().Select(login => new Measurement<long>(login.Count, new KeyValuePair<string, object?>("outcome", login.Outcome))),
            "{login}",
            "Passwords that were tried at the page, by outcome: accepted, wrong, throttled (too many failed before) or busy.");
        _meter.CreateObservableUpDownCounter(
            "gateway.page.points_without_chart", () => (long)chartless(), "{point}", "Points whose values the page has no room for: it keeps what 1,000 points were.");
        _meter.CreateObservableUpDownCounter(
            "gateway.metrics.series_left_out", () => (long)unseen(), "{series}", "Series that /metrics did not have when it was read last, since it keeps 10,000 of each metric.");
        _meter.CreateObservableGauge("process.uptime", () => timeProvider.GetElapsedTime(started).TotalSeconds, "s", "How long the service has been up.");
        _meter.CreateObservableCounter("process.cpu.time", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time that was used.");
        _meter.CreateObservableUpDownCounter("process.memory.usage", () => Environment.WorkingSet, "By", "Resident memory.");
        _meter.CreateObservableUpDownCounter("process.memory.heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "What objects take of it, garbage included.");
        _meter.CreateObservableUpDownCounter("process.open_files", CountOpenFiles, "{file}", "Open files and sockets.");
        _meter.CreateObservableCounter("process.disk.io", ReadDiskBytes, "By", "What the process had read from and written to disks, by direction.");
    }

    /// <summary>Nothing is told any more.</summary>
    public void Dispose() => _meter.Dispose();

    private static long CountOpenFiles() => Directory.EnumerateFileSystemEntries($"{Process}/fd").LongCount();

    // proc(5): lines as "write_bytes: 4096". Not there where the kernel does not count.
    private static IEnumerable<Measurement<long>> ReadDiskBytes()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines($"{Process}/io");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var (key, direction) in new[] { ("read_bytes: ", "read"), ("write_bytes: ", "write") })
        {
            if (lines.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } line)
            {
                yield return new(long.Parse(line.AsSpan(key.Length), CultureInfo.InvariantCulture), new KeyValuePair<string, object?>("direction", direction));
            }
        }
    }
}
